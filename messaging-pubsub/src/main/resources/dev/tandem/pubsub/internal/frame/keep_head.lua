-- How a log that is read is kept alive: functions only, to be joined behind append_frame.lua and
-- channel_room.lua.

-- How many channels the tenant may have, if it has as many and this one is not among them; else nil.
-- limits and kept are the keys of its quotas, or nil where none are enforced; so many others are about
-- to be registered.
local function no_room(meta, head, limits, kept, others)
  if not limits or not (head.fresh or head.touched == 0) then
    return nil
  end
  local most = tonumber(redis.call('HGET', limits, 'live-channels') or 'none')
  local name = string.match(meta, '^.*:([^:]+):[^:]+$')
  return most and not has_channel_room(head.index, kept, name, most, others) and most or nil
end

-- Begins a log where there is none, and keeps one alive that is only read; not without memory, where
-- what is stored can be read nevertheless. Where the tenant may have no more channels none is begun,
-- and one that rests goes on resting. Returns nothing, or how many the tenant may have if there is no
-- log now.
local function keep_head(meta, buffer, head, now, retention_ms, limits, kept, names)
  local most = no_room(meta, head, limits, kept, names and #names or 0)
  if most then
    return head.fresh and most or nil
  end
  if head.fresh then
    rare().write_head(meta, buffer, head, now, retention_ms, names)
  elseif is_overdue(head, now) then
    pcall(rare().write_head, meta, buffer, head, now, retention_ms, names)
  end
end
