-- Makes dead letters of entries that were pending in a group that was lost, and whose data is gone.
-- What a consumer held that was alive then is left to it: it becomes a dead letter after a while, if
-- nothing is heard of it until then. What trimming removed because that group had acknowledged it is
-- none. Whoever reports, and however often, nothing is reported twice.
-- KEYS: stream, due, dead, account, told, quotas. ARGV: group, consumer, mark of the group that was lost, what
-- the names in the account begin with, for how many ms what may be held is left to its holder, then id,
-- delivery count and holder (empty: nobody who is alive) of each in the order of the ids.
-- Result: {ids that are dead letters now}, error text, {ids that no dead letter could be made of}.
local stream, group, due, account, told = KEYS[1], ARGV[1], KEYS[2], KEYS[4], KEYS[5]

-- Before which id the group that was lost had acknowledged what was trimmed, or nil.
local function settled_before()
  local text, words = noted(account, ARGV[4] .. 'needs:' .. group), ARGV[3] .. ' '
  return string.sub(text, 1, #words) == words and string.sub(text, #words + 1) or nil
end

local needed_from = settled_before()
local gone, failure, failed = {}, '', {}
for i = 6, #ARGV, 3 do
  local id, count, holder = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local is_known = needed_from and before(id, needed_from) or told_by(told, id) or open_fate(told, id)
  if not is_known and not fields_of(stream, id)
      and (holder == '' or not leave_open(told, due, id, count, holder, false, ARGV[5])) then
    local refused = bury(stream, group, KEYS[3], id, 'PAYLOAD_LOST', count, '', '', {})
    if refused then
      failure = refused.err
      failed[#failed + 1] = id
    else
      tell(told, id, ARGV[2])
      gone[#gone + 1] = id
    end
  end
end
return {gone, failure, failed}
