-- Says that a consumer is back after its group was lost, and which entries without data it still holds:
-- they are left to it for a while. What else others think that it held it was done with.
-- KEYS: stream, due, told. ARGV: group, consumer, for how many ms, then id and delivery count of each.
-- Result: for each in turn 1 ours, 0 another has settled it or made a dead letter of it.
local me, result = ARGV[2], {}
redis.pcall('XGROUP', 'CREATECONSUMER', KEYS[1], ARGV[1], back_mark(me))
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  local teller = told_by(KEYS[3], id)
  if not teller then
    leave_open(KEYS[3], KEYS[2], id, ARGV[i + 1], me, true, ARGV[3])
  end
  result[#result + 1] = (not teller or teller == me) and 1 or 0
end
return result
