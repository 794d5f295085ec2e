-- Functions that the scripts of a consumer group share; joined in front of each.

-- The pending row {id, consumer, idle, deliveries} of an entry, or nil.
local function pending(stream, group, id)
  return redis.call('XPENDING', stream, group, id, id, 1)[1]
end

-- The value beside a name in a reply of names and values.
local function value_of(info, name)
  for i = 1, #info, 2 do
    if info[i] == name then return info[i + 1] end
  end
end

-- Whether one id lies before another; as texts, for Lua's numbers are too small.
local function before(a, b)
  local a_time, a_number = string.match(a, '^(%d+)%-?(%d*)$')
  local b_time, b_number = string.match(b, '^(%d+)%-?(%d*)$')
  if #a_time ~= #b_time then return #a_time < #b_time end
  if a_time ~= b_time then return a_time < b_time end
  if #a_number ~= #b_number then return #a_number < #b_number end
  return a_number < b_number
end

-- The mark of a group that exists: the name of a consumer that is made with the group, holds
-- nothing, and goes with it, so that a group made again under the same name is told apart. Empty
-- if it has none: it was made by hand, or what it needs is still being given back to it.
local function mark_of(stream, group)
  for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local name = value_of(info, 'name')
    if string.sub(name, 1, 11) == 'tandem-mark' then return name end
  end
  return ''
end

-- Whose a delivery is: 1 if it still belongs to this consumer and is still this delivery, 0 if not, -1
-- if the entry is not pending, so somebody is done with it, -2 if it is not pending, for this is not
-- the group of that mark but another one of its name. Without a mark that is never known.
local function ownership(stream, group, id, consumer, deliveries, mark)
  local row = pending(stream, group, id)
  if not row then
    local known = mark and mark ~= ''
    return known and mark_of(stream, group) ~= mark and -2 or -1
  end
  return row[2] == consumer and row[4] == tonumber(deliveries) and 1 or 0
end

-- The fields of an entry, or nil if its data is gone.
local function fields_of(stream, id)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  return entry and entry[2]
end

-- How many bytes the fields of an entry have.
local function size_of(fields)
  local size = 0
  for i = 1, #fields do
    size = size + #fields[i]
  end
  return size
end

-- The server's time in milliseconds.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What the account of a stream says under a name, or empty, also if something else is in its place.
local function noted(account, name)
  local value = redis.pcall('HGET', account, name)
  return type(value) == 'string' and value or ''
end

-- Notes that a group was lost, so that trimming waits a while for those that may know more of it.
local function note_loss(account, prefix)
  redis.pcall('HSET', account, prefix .. 'lost-at', string.format('%.0f', now()))
end

-- What a dead letter says an entry was: stream, id, how often it was replayed, and its fields. The
-- entries of a replay stream, which lies beside the dead letters and not above them, say it first.
local function origin(stream, dead, id, fields)
  if string.sub(dead, 1, #stream) ~= stream and fields[1] == 'original_id'
      and fields[3] == 'original_stream' and fields[5] == 'replays' then
    return fields[4], fields[2], fields[6], 7
  end
  return stream, id, '0', 1
end

-- The fate of an entry that was pending in a group that was lost, and whose data is gone. Its pending
-- row, which tells that of other entries, is gone too, and several members may know of it; so whoever
-- settles it or makes a dead letter of it writes its name here, and who finds another's name there has
-- lost it. Until then it may be open: its name stands among what is due, to be reported then.

-- Which consumer decided the fate of an entry, or nil.
local function told_by(told, id)
  local consumer = redis.pcall('HGET', told, id)
  return type(consumer) == 'string' and not string.find(consumer, '^[?!] ') and consumer or nil
end

-- Remembers that for a day; whether it could.
local function tell(told, id, consumer)
  local written = redis.pcall('HSET', told, id, consumer)
  redis.pcall('PEXPIRE', told, 86400000)
  return type(written) == 'number'
end

-- Leaves the fate of an entry open for so many ms; whether it could.
local function leave_open(told, due, id, deliveries, holder, is_held, patience)
  local text = string.format('%s %s %s', is_held and '!' or '?', deliveries, holder)
  if not tell(told, id, text) then return false end
  local added = redis.pcall('ZADD', due, string.format('%.0f', now() + patience), id)
  return type(added) == 'number'
end

-- If its fate is open: its deliveries, its holder, whether that has said that it still has it.
local function open_fate(told, id)
  local text = redis.pcall('HGET', told, id)
  local state, deliveries, holder =
    string.match(type(text) == 'string' and text or '', '^([?!]) (%d+) (.*)$')
  return deliveries, holder, state == '!'
end

-- The name of a consumer that is made when a member has come back to a group that was made again, and
-- said what it still holds. Its own name tells nothing: who reads on without noticing has that too.
local function back_mark(consumer)
  return 'tandem-back-' .. consumer
end

-- Whether somebody may still think that the group of this mark was lost with something pending: it is
-- not there, or it was made again within a day. Otherwise no fate needs to be remembered.
local function is_loss_fresh(stream, group, account, prefix, mark)
  local lost_at = tonumber(noted(account, prefix .. 'lost-at'))
  if mark == '' or lost_at and math.abs(now() - lost_at) < 86400000 then return true end
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, group)
  return consumers.err ~= nil or mark_of(stream, group) ~= mark
end

-- Settles an entry that is not pending any more. False if its group was lost with its data, and another
-- has settled it or made a dead letter of it.
local function settle(stream, told, id, consumer, is_fresh)
  if fields_of(stream, id) then return true end
  local teller = told_by(told, id)
  if not teller and is_fresh then tell(told, id, consumer) end
  return not teller or teller == consumer
end

-- Moves an entry to the dead letters and acknowledges it. If it cannot be written, nothing is
-- acknowledged and the error is given back; nil otherwise. Lua calls take few thousand arguments,
-- so the fields of a very wide entry are kept in one value, each as <length>:<bytes>. What comes
-- from a replay stream is as a dead letter has it already, and is deleted there: nobody else reads it.
-- The last key of every script that calls this is the tenant's quotas: a dead letter more than these allow
-- cannot be written.
local function bury(stream, group, dead, id, reason, deliveries, consumer, exception, fields)
  local most = tonumber(noted(KEYS[#KEYS], 'dead-letters'))
  if most and redis.call('XLEN', dead) >= most then
    return redis.error_reply('QUOTA_EXCEEDED quota dead-letters of ' .. string.format('%.0f', most)
      .. ' of the tenant: ' .. dead)
  end
  local from, original, replays, first = origin(stream, dead, id, fields)
  local call = {
    'XADD', dead, '*',
    'original_stream', from, 'original_id', original, 'original_group', group, 'reason', reason,
    'moved_at', string.format('%.0f', now()), 'deliveries', string.format('%.0f', deliveries),
    'consumer', consumer, 'exception', exception, 'replays', replays,
  }
  if first > 1 then
    for i = first, #fields do
      call[#call + 1] = fields[i]
    end
  elseif #fields > 4000 then
    local packed = {}
    for i = 1, #fields do
      packed[i] = #fields[i] .. ':' .. fields[i]
    end
    call[#call + 1] = 'packed_fields'
    call[#call + 1] = table.concat(packed)
  else
    for i = 1, #fields, 2 do
      call[#call + 1] = 'field:' .. fields[i]
      call[#call + 1] = fields[i + 1]
    end
  end
  local added = redis.pcall(unpack(call))
  if type(added) == 'table' and added.err then
    return added
  end
  redis.call('XACK', stream, group, id)
  if string.sub(dead, 1, #stream) ~= stream then
    redis.call('XDEL', stream, id)
  end
end
