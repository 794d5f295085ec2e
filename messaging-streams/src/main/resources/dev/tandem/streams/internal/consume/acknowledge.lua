-- Acknowledges finished work, and tells whose it was.
-- KEYS: stream. ARGV: group, consumer, then id and delivery count of each.
-- Result: for each in turn 1 ours, 0 another consumer's, acknowledged all the same for the work is
-- done, -1 not pending at all.
local result, ids = {}, {}
for i = 3, #ARGV, 2 do
  local owner = ownership(KEYS[1], ARGV[1], ARGV[i], ARGV[2], ARGV[i + 1])
  result[#result + 1] = owner
  if owner >= 0 then
    ids[#ids + 1] = ARGV[i]
  end
end
if #ids > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
end
return result
