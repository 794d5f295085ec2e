-- Notes how many subscriptions of a tenant a process has, unless all together would be too many.
-- KEYS: subscriptions. ARGV: process, how many, number of this report (a later one, which knows of all
-- before it, may have come first), most subscriptions (0: any number, it has them already), for how many ms
-- this is known without being said again.
-- Result: 1 noted, 0 too many and not noted; how many there are of all processes.
-- subscriptions (hash): process = 'count report until'
local MOST_PROCESSES = 10000
local count, report, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = count
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, math.min(#fields, 2 * MOST_PROCESSES), 2 do
  local n, number, till = string.match(fields[i + 1], '^(%d+) (%d+) (%d+)$')
  if tonumber(till) < now then
    redis.call('HDEL', KEYS[1], fields[i])
  elseif fields[i] ~= ARGV[1] then
    all = all + n
  elseif tonumber(number) > report then
    return {1, all - count + n}
  end
end
if most > 0 and all > most then
  return {0, all - 1}
end
if count > 0 then
  redis.call('HSET', KEYS[1], ARGV[1], count .. ' ' .. report .. ' ' .. string.format('%.0f', now + ARGV[5]))
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return {1, all}
