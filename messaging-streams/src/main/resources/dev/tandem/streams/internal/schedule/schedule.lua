-- Functions that the scripts of scheduled messages share; joined in front of each.

-- The server's time in milliseconds.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Remembers for a minute, longer than a call is repeated, what became of a message.
local function remember(recent, what, time)
  redis.pcall('ZADD', recent, string.format('%.0f', time), what)
  redis.pcall('PEXPIRE', recent, 60000)
end

-- Forgets what was remembered more than a minute ago; more at a time than one call adds.
local function forget(recent, time)
  local old = redis.pcall('ZRANGEBYSCORE', recent, '-inf', string.format('%.0f', time - 60000),
    'LIMIT', 0, 500)
  if #old > 0 then
    redis.call('ZREM', recent, unpack(old))
  end
end
