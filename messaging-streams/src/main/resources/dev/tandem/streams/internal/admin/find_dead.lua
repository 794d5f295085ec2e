-- Looks for the dead letter of a message among a page of a group's dead letters.
-- KEYS: dead. ARGV: first id, id of the message, most dead letters, most bytes.
-- Result: first id of the next page (empty: none), then, if it was found: its id, reason,
-- deliveries, consumer.
local from, most, most_bytes = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local count, bytes, page = 0, 0, 1
while count < most and bytes < most_bytes do
  local letters = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', page)
  for _, letter in ipairs(letters) do
    local ours = {}
    for i = 1, #letter[2], 2 do
      local name, value = letter[2][i], letter[2][i + 1]
      ours[name] = ours[name] or value
      bytes = bytes + #value
    end
    if ours['original_id'] == ARGV[2] then
      return {'', letter[1], ours['reason'] or '', ours['deliveries'] or '0', ours['consumer'] or ''}
    end
  end
  if #letters < page then
    return {''}
  end
  count = count + page
  from, page = '(' .. letters[#letters][1], math.min(2 * page, 64)
end
return {from}
