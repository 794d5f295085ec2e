-- Takes the right to publish messages out of a tenant's bucket, which holds a second's worth of them and
-- is filled by the server's clock.
-- KEYS: rate. ARGV: messages a second, messages needed, how many more are wanted, how many that were taken
-- before and not used are given back.
-- Result: how many were taken (0 if there are fewer than needed), in how many ms there will be enough.
-- rate (hash): left, at (ms), second, taken (in that second), before (in the second before that)
local KEPT_MS = 60 * 1000 -- a bucket is full again long before
local most, need, wanted, back =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'left', 'at', 'second', 'taken', 'before')
local at = tonumber(found[2] or now)
local left = math.min(most, tonumber(found[1] or most) + back + math.max(0, now - at) * most / 1000)
local taken = 0
if left >= need then
  taken = need + math.min(wanted, math.floor((left - need) / 8))
end
local second = tonumber(found[3] or 0)
local count, before = tonumber(found[4] or 0), tonumber(found[5] or 0)
if second ~= tonumber(time[1]) then
  before = second + 1 == tonumber(time[1]) and count or 0
  second, count = time[1], 0
end
redis.call('HSET', KEYS[1], 'left', string.format('%.3f', left - taken), 'at', string.format('%.0f', now),
  'second', second, 'taken', string.format('%.0f', math.max(0, count + taken - back)), 'before', before)
redis.call('PEXPIRE', KEYS[1], KEPT_MS)
return {taken, taken > 0 and 0 or math.ceil((need - left) * 1000 / most)}
