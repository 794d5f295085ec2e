-- Whether a channel may be published to: it is in its tenant's index, or there is room for one more, which
-- is then kept for it for a while. Follows channel_room.lua, whose function it uses.
-- KEYS: index, channels that are about to begin. ARGV: channel, most channels, for how many ms room is kept.
-- Result: 1 or 0.
if not has_channel_room(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), 0) then
  return 0
end
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 1
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
