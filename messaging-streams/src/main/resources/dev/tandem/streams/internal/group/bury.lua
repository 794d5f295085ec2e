-- Moves a delivery to the dead letters and acknowledges it.
-- KEYS: stream, due, dead, told, quotas. ARGV: group, consumer, id, delivery count, mark, reason, exception, and
-- 1 if the group was lost under us, so that the delivery may be buried although it is not pending.
-- Result: 1 moved, 0 another consumer's, -1 not pending any more, -2 not pending in what is another
-- group of that name, 2 moved, but its data is gone.
local id, told = ARGV[3], KEYS[4]
local owner = ownership(KEYS[1], ARGV[1], id, ARGV[2], ARGV[4], ARGV[5])
local is_lost = owner < 0 and ARGV[8] == '1'
if owner ~= 1 and not is_lost then
  return owner
end
local teller = is_lost and told_by(told, id)
if teller then
  return teller == ARGV[2] and 2 or -1 -- by us, and the reply was lost
end
local fields = fields_of(KEYS[1], id)
local reason = fields and ARGV[6] or 'PAYLOAD_LOST'
local refused =
  bury(KEYS[1], ARGV[1], KEYS[3], id, reason, ARGV[4], ARGV[2], ARGV[7], fields or {})
if is_lost and not refused then
  tell(told, id, ARGV[2])
end
return refused or (fields and 1 or 2)
