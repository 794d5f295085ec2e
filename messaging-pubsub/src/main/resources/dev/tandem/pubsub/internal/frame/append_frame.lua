-- How a frame is appended to a channel's log: functions only, to be joined in front of what calls
-- them. Order of use: may_publish, read_head (reads only, so that keys of a wrong kind are refused before
-- anything is written), then append_frame.
-- A script makes its functions anew at each call, which is a good part of its cost: those that few
-- calls need are made by 'rare', and a limit stands in the only function that uses it.
--
-- meta (hash):   epoch, version (last given out), nonce (of that version's frame), oldest (server
--                time of a frame not younger than the oldest stored one), touched (server time at
--                which the expiry of meta was last set; 0 if the channel rests, see rest.lua),
--                since (version and nonce at which the log began, woke from rest, or was last known
--                to an index that was lost since), registered (version and nonce at the last
--                registration), calls (what is remembered of the publisher that appended last, see
--                publisher_memory.lua)
-- buffer (stream): an entry's only field is the frame, its id the LAST version of the frame and '-0'
-- index (zset):  of the tenant; member = name of a channel, score = server time of its last
--                registration. Registered is who begins, wakes, or has its expiry renewed; if that
--                is new to the index, a name is published to the channel named like it
-- Versions are Lua numbers: exact below 2^53, which no channel reaches. redis.call takes such numbers
-- exactly; '..' only up to 14 digits, which is enough for times and counts, not for versions.

local TOUCH_EVERY_MS = 10 * 60 * 1000 -- how often the expiry of meta is renewed, and the registration
local TIME_OFF_MS = 50                -- what the timestamp of a frame may differ from the server's clock by
local NO_PERMISSION = 'NOPERM this user has no permission to publish to the channel'

local function whole(number)
  return string.format('%.0f', number)
end

-- Whether PUBLISH will be allowed: what was written before it is refused would stay. Servers before
-- 7.0 cannot be asked.
local function may_publish(channel)
  return not redis.acl_check_cmd or redis.acl_check_cmd('PUBLISH', channel, '')
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Where the log stands; with the candidate as its epoch if there is no log. Writes nothing. The kinds
-- of buffer and index are only looked at if there is no log: who writes anything before append_frame
-- must look at the buffer itself.
local function read_head(meta, buffer, index, candidate_epoch)
  local found = redis.call('HMGET', meta, 'epoch', 'version', 'nonce', 'oldest', 'touched', 'calls')
  if not (found[1] and found[2] and found[3]) then
    redis.call('XLEN', buffer)
    redis.call('ZCARD', index)
    local leftovers = redis.call('EXISTS', buffer) == 1 -- even if empty: it has a last id
    return {fresh = true, leftovers = leftovers, index = index, epoch = candidate_epoch, version = 0,
      nonce = '', oldest = 0, touched = 0, calls = ''}
  end
  return { -- no more than eight fields, one of them set later: a ninth doubles what it takes
    index = index,
    epoch = found[1],
    version = tonumber(found[2]),
    nonce = found[3],
    oldest = tonumber(found[4] or 0),
    touched = tonumber(found[5] or 0),
    calls = found[6] or ''
  }
end

-- Whether the expiry of meta is to be renewed; also after the clock was set back.
local function is_overdue(head, now)
  return now - head.touched >= TOUCH_EVERY_MS or now < head.touched
end

-- The functions that few calls need: register, write_head, trim_by_age, go_back, take_frame_back.
local function rare()
  local META_OUTLIVES_MS = 7 * 24 * 3600 * 1000 -- the channel's identity outlives its messages by this
  local INDEX_MS = 39 * 24 * 3600 * 1000        -- no channel outlives its registration by this
  local AGE_PAGE = 16                           -- frames looked at in one step of trimming by age
  local AGE_PAGES = 16                          -- most steps in one call; the next call goes on

  -- Puts channels into their tenant's index, and tells of them if any was not there; returns how many
  -- were not. Errors are not passed on: something is written already.
  local function register(index, names, now)
    local members = {}
    for i, name in ipairs(names) do
      members[2 * i - 1], members[2 * i] = now, name
    end
    local added = redis.pcall('ZADD', index, unpack(members))
    redis.pcall('ZREMRANGEBYSCORE', index, '-inf', now - INDEX_MS)
    redis.pcall('PEXPIRE', index, INDEX_MS)
    if added ~= 0 then
      redis.pcall('PUBLISH', index, names[#names])
    end
    return type(added) == 'number' and added or 0
  end

  -- Begins a log, or renews the expiry and the registration of one. A fresh one drops what an earlier
  -- log left behind. HSET comes first: a server without memory refuses it, and refuses nothing
  -- any more once something is written. Who gives a list of names registers by it those that begin or
  -- wake.
  local function write_head(meta, buffer, head, now, retention_ms, names)
    local wakes = head.touched == 0
    head.touched = now
    local fields = {'epoch', head.epoch, 'version', head.version, 'nonce', head.nonce,
      'oldest', head.oldest, 'touched', now, 'calls', head.calls}
    local stood = whole(head.version) .. ' ' .. head.nonce
    if wakes then
      fields[13], fields[14], fields[15], fields[16] = 'registered', stood, 'since', stood
    end
    redis.call('HSET', meta, unpack(fields))
    if head.leftovers then
      redis.call('DEL', buffer)
    end
    head.fresh, head.leftovers = false, false
    redis.call('PEXPIRE', meta, retention_ms + META_OUTLIVES_MS + TOUCH_EVERY_MS)
    local name = string.match(meta, '^.*:([^:]+):[^:]+$')
    if wakes and names then
      names[#names + 1] = name
    elseif wakes then
      register(head.index, {name}, now)
    else
      if register(head.index, {name}, now) > 0 then
        redis.call('HSET', meta, 'since', redis.call('HGET', meta, 'registered') or stood)
      end
      redis.call('HSET', meta, 'registered', stood)
    end
  end

  -- Removes frames older than the retention; returns the time of the oldest that is left.
  local function trim_by_age(buffer, oldest, now, retention_ms)
    for _ = 1, AGE_PAGES do
      local entries = redis.call('XRANGE', buffer, '-', '+', 'COUNT', AGE_PAGE)
      local overdue = {}
      for i, entry in ipairs(entries) do
        local time = tonumber(string.match(entry[2][2], '"timestamp":(%d+)') or 0)
        if now - time <= retention_ms + TIME_OFF_MS then
          oldest = time
          break
        end
        overdue[i] = entry[1]
      end
      if #overdue > 0 then
        redis.call('XDEL', buffer, unpack(overdue))
      end
      if #overdue < #entries then
        return oldest
      end
      if #entries < AGE_PAGE then
        return 0
      end
    end
    return oldest
  end

  -- Makes a buffer end with a version. Its last id cannot be set back (since 7.2 not even below one that
  -- was deleted), so the buffer is made again.
  local function go_back(buffer, version)
    local kept = redis.call('XRANGE', buffer, '-', whole(version))
    local left_ms = redis.call('PTTL', buffer)
    redis.call('DEL', buffer)
    for _, entry in ipairs(kept) do
      redis.call('XADD', buffer, entry[1], 'frame', entry[2][2])
    end
    if #kept > 0 and left_ms > 0 then
      redis.call('PEXPIRE', buffer, left_ms)
    end
  end

  -- Removes the frame behind a version, if it was stored: who may not store any must not lose the rest.
  local function take_frame_back(buffer, version)
    if #redis.call('XRANGE', buffer, '(' .. whole(version), '+', 'COUNT', 1) > 0 then
      go_back(buffer, version)
    end
  end

  return {register = register, write_head = write_head, trim_by_age = trim_by_age, go_back = go_back,
    take_frame_back = take_frame_back}
end

-- Gives out versions, stores the frame, trims, sets the expiries, publishes. 'extra' is more of the
-- frame's header: empty, or members each followed by a comma. 'body' is the rest of the frame: its
-- members and the closing brace. 'count' and 'max_messages' may be text. 'remember', if given, is
-- called with the head, the first version as text, the receivers and 'call', and returns what meta is
-- to hold as 'calls'. 'ready', if given, is the frame itself, which its publisher has made for this
-- head: to join texts and to take one in costs about 1.5 ns a byte each, more than all the rest.
-- Returns the answer: the epoch, the frame's first version and the receivers.
local function append_frame(
    channel, buffer, meta, head, now, nonce, count, extra, body, retention_ms, max_messages,
    remember, call, ready)
  local BUFFER_GRACE_MS = 60 * 1000 -- the buffer outlives the youngest message's retention by this
  local last = head.version + count
  local last_text = whole(last)
  local first_text = last == head.version + 1 and last_text or whole(head.version + 1)
  local frame = ready or '{"version":' .. first_text .. ',"count":' .. count .. ',"epoch":"' .. head.epoch
    .. '","previous":"' .. head.nonce .. '","timestamp":' .. now .. ',' .. extra .. body
  if head.fresh then
    rare().write_head(meta, buffer, head, now, retention_ms)
  end
  -- The first write, unless the log is fresh: a server without memory refuses it, and none later.
  local from = math.max(0, last - max_messages + 1)
  local added = redis.pcall('XADD', buffer, 'MINID', from, last_text, 'frame', frame)
  if type(added) == 'table' then
    if string.find(added.err, 'equal or smaller', 1, true)
      or string.find(added.err, 'exhausted', 1, true) then
      rare().go_back(buffer, head.version) -- meta was set back by other means than ours, and counts
    end
    redis.call('XADD', buffer, 'MINID', from, last_text, 'frame', frame) -- or fails again
  end
  -- By age once the oldest is a sixteenth of the retention overdue.
  local oldest = head.oldest == 0 and now or head.oldest
  if now - oldest > retention_ms + retention_ms / 16 then
    oldest = rare().trim_by_age(buffer, oldest, now, retention_ms)
  end
  redis.call('PEXPIRE', buffer, retention_ms + BUFFER_GRACE_MS)
  local receivers = redis.pcall('PUBLISH', channel, frame)
  local refused = type(receivers) ~= 'number'
  local calls = head.calls
  if remember and not refused then
    calls = remember(head, first_text, receivers, call)
  end
  if is_overdue(head, now) then
    rare().write_head(meta, buffer, head, now, retention_ms)
  end
  if oldest ~= head.oldest then
    redis.call('HSET', meta, 'oldest', oldest)
  end
  redis.call('HSET', meta, 'version', last_text, 'nonce', nonce, 'calls', calls)
  if refused then
    redis.call('PUBLISH', channel, frame) -- fails again, and ends the script
  end
  return {head.epoch, head.version + 1, receivers}
end
