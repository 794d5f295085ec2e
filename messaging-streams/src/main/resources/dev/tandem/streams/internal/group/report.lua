-- Makes dead letters of entries that were pending in a group that was lost, and whose data is gone.
-- What trimming removed because that group had acknowledged it is none. Whoever reports, and however
-- often, nothing is reported twice.
-- KEYS: stream, dead, account, told. ARGV: group, consumer, mark of the group that was lost, what the
-- names in the account begin with, then id and delivery count of each in the order of the ids.
-- Result: {ids that are dead letters now}, error text.
local stream, group, account, told = KEYS[1], ARGV[1], KEYS[3], KEYS[4]

-- Before which id the group that was lost had acknowledged what was trimmed, or nil.
local function settled_before()
  local text, words = noted(account, ARGV[4] .. 'needs:' .. group), ARGV[3] .. ' '
  return string.sub(text, 1, #words) == words and string.sub(text, #words + 1) or nil
end

local needed_from = settled_before()
local gone = {}
for i = 5, #ARGV, 2 do
  local id = ARGV[i]
  local is_settled = needed_from and before(id, needed_from)
  if not is_settled and not told_by(told, id) and not fields_of(stream, id) then
    local refused = bury(stream, group, KEYS[2], id, 'PAYLOAD_LOST', ARGV[i + 1], '', '', {})
    if refused then
      return {gone, refused.err}
    end
    tell(told, id, ARGV[2])
    gone[#gone + 1] = id
  end
end
return {gone, ''}
