-- Functions that the scripts of a projection share; joined in front of each.
-- The state hash: position (of the last event that is done), handled (how many are), holder (who may
-- go on, new with each taking over), token (a number that grows with each taking over), until (when
-- the holder's lease runs out), lease (its length in ms), and of the failure that it stopped at:
-- failed_position, failed_aggregate, failed_version, failed_at, error.

-- The server's time in milliseconds.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function text(number)
  return string.format('%.0f', number)
end

-- For how many ms the holder has its lease yet. One with more than twice its length to go was taken
-- before the server's clock was set back, and is void; less than that is waited for, so that a small
-- step of the clock takes a lease from nobody.
local function rest_of(time, till, lease)
  local rest = (tonumber(till or '') or 0) - time
  return rest <= 2 * (tonumber(lease or '') or 0) and rest or 0
end

-- Whether this holder may move the position from one to the next: 1 if so, 2 if that was done before
-- (its reply was lost), 0 if another holds the projection or it stands elsewhere.
local function may_move(state, holder, from, to)
  local values = redis.call('HMGET', state, 'holder', 'position')
  if values[1] ~= holder then
    return 0
  end
  local position = values[2] or '0-0'
  return position == from and 1 or position == to and 2 or 0
end

-- Moves the position by one event; asks for memory, so it may be refused as a script's first write.
local function move(state, to)
  local handled = tonumber(redis.call('HGET', state, 'handled') or '0') or 0
  redis.call('HSET', state, 'position', to, 'handled', text(handled + 1))
  redis.call('HDEL', state, 'failed_position', 'failed_aggregate', 'failed_version', 'failed_at', 'error')
end
