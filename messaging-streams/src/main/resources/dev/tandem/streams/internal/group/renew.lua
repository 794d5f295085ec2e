-- Renews leases, but only those that are still ours; a plain XCLAIM would steal them back.
-- KEYS: stream. ARGV: group, consumer, mark, then id and delivery count of each.
-- Result: for each in turn 1 ours, 2 ours but its data is gone, so that it cannot be renewed and a
-- sweep finds it in the end, 0 another consumer's, -1 not pending any more,
-- -2 not pending in what is another group of that name.
local result = {}
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  local owner = ownership(KEYS[1], ARGV[1], id, ARGV[2], ARGV[i + 1], ARGV[3])
  if owner == 1 then
    if fields_of(KEYS[1], id) then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID')
    else
      owner = 2
    end
  end
  result[#result + 1] = owner
end
return result
