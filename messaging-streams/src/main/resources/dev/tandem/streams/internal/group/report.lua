-- Makes dead letters of entries that were pending in a group that was lost, and whose data is gone.
-- What trimming removed because that group had acknowledged it is none. A caller that repeats a page,
-- or begins anew, reports nothing twice.
-- KEYS: stream, dead, account. ARGV: group, consumer, mark of the group that was lost, what the names in
-- the account begin with, then id and delivery count of each in the order of the ids.
-- Result: {ids that are dead letters now}, error text.
local stream, group, account = KEYS[1], ARGV[1], KEYS[3]

-- The id that is noted behind these words, or nil.
local function noted_id(name, words)
  local text = noted(account, ARGV[4] .. name .. group)
  return string.sub(text, 1, #words) == words and string.sub(text, #words + 1) or nil
end

local reporter = ARGV[3] .. ' ' .. ARGV[2] .. ' '
local settled_before = noted_id('needs:', ARGV[3] .. ' ')
local told_to = noted_id('reported:', reporter)
local gone = {}
for i = 5, #ARGV, 2 do
  local id = ARGV[i]
  local is_settled = settled_before and before(id, settled_before)
  local is_told = told_to and not before(told_to, id)
  if not is_settled and not is_told and not fields_of(stream, id) then
    local refused = bury(stream, group, KEYS[2], id, 'PAYLOAD_LOST', ARGV[i + 1], '', '', {})
    if refused then
      return {gone, refused.err}
    end
    redis.pcall('HSET', account, ARGV[4] .. 'reported:' .. group, reporter .. id)
    gone[#gone + 1] = id
  end
end
return {gone, ''}
