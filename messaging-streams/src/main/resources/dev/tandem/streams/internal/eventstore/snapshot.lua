-- Keeps a snapshot unless a newer one is there.
-- KEYS: meta, snapshot. ARGV: version, state.
-- Result: {'saved'}, {'newer', version of the one that is there}, {'ahead', version of the aggregate,
-- 1 if deleted} or {'damaged', what is wrong}.
local version, deleted, _, fault = standing(KEYS[1])
if fault then
  return {'damaged', fault}
end
local wanted = tonumber(ARGV[1])
if deleted or wanted > version then
  return {'ahead', text(version), deleted and 1 or 0}
end
local present = redis.call('HGET', KEYS[2], 'version')
if present and string.find(present, '^%d+$') and #present <= 15 and tonumber(present) > wanted then
  return {'newer', present}
end
local time = redis.call('TIME')
local millis = text(time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[2], 'version', ARGV[1], 'taken_at', millis, 'state', ARGV[2])
return {'saved'}
