-- Functions that the scripts of dead letters share; joined in front of each.

-- The server's time in milliseconds.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Whether somebody else than this holder looks at a dead letter now. '*' may pass over claims. A claim
-- is '<holder> <when it runs out> <its length in ms>'; one with more than twice its length to go was
-- made before the server's clock was set back, and is void.
local function claimed_by_another(claims, id, holder, time)
  local claim = holder ~= '*' and redis.call('HGET', claims, id)
  local owner, till, lease = string.match(claim or '', '^(%S+) (%d+) (%d+)$')
  if not owner or owner == holder then
    return false
  end
  local rest = till - time
  return rest > 0 and rest <= 2 * lease
end

-- What a call with this receipt did before, or nil: the reply was lost and the call is repeated.
local function done_before(receipt)
  local result = redis.call('GET', receipt)
  return result and cjson.decode(result)
end

-- Keeps what this call did for a minute, for longer than a call is repeated.
local function keep(receipt, result)
  redis.pcall('SET', receipt, cjson.encode(result), 'PX', 60000)
  return result
end
