-- Says that entries were handled which could not be acknowledged, for they were not pending any more. If
-- their group was lost with their data, that decides their fate, unless they were reported before.
-- KEYS: stream, told, account. ARGV: group, consumer, mark, what the names in the account begin with, then
-- ids.
-- Result: for each in turn 1 done with, 0 another has settled it or made a dead letter of it.
local result, is_fresh = {}, is_loss_fresh(KEYS[1], ARGV[1], KEYS[3], ARGV[4], ARGV[3])
for i = 5, #ARGV do
  result[#result + 1] = settle(KEYS[1], KEYS[2], ARGV[i], ARGV[2], is_fresh) and 1 or 0
end
return result
