-- Says that entries were handled which could not be acknowledged, for they were not pending any more. If
-- their group was lost with their data, that decides their fate, unless they were reported before.
-- KEYS: stream, told. ARGV: group, consumer, then ids.
-- Result: for each in turn 1 done with, 0 another has settled it or made a dead letter of it.
local result = {}
for i = 3, #ARGV do
  result[#result + 1] = settle(KEYS[1], KEYS[2], ARGV[i], ARGV[2]) and 1 or 0
end
return result
