-- Deletes dead letters for good.
-- KEYS: dead, claims, receipt. ARGV: holder, then ids.
-- Result: for each id in turn 1 deleted, 0 not there, 4 claimed by another.
local before = done_before(KEYS[3])
if before then
  return before
end
local time, result = now(), {}
for i = 2, #ARGV do
  local id = ARGV[i]
  if claimed_by_another(KEYS[2], id, ARGV[1], time) then
    result[#result + 1] = 4
  else
    result[#result + 1] = redis.call('XDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
  end
end
return keep(KEYS[3], result)
