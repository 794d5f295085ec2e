-- Whether a channel may be published to: it is in its tenant's index, or there is room for one more, which
-- is then kept for it for a while.
-- KEYS: index, channels that are about to begin. ARGV: channel, most channels, for how many ms room is kept.
-- Result: 1 or 0.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 1
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, 127)) do
    if redis.call('ZSCORE', KEYS[1], name) then
      redis.call('ZREM', KEYS[2], name)
    end
  end
  if redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[2]) then
    return 0
  end
end
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
