-- The walk that looks for what became of a message; joined in front of the scripts that look.

-- Looks for the entry of an original message among a page of dead letters or of replays: the next page's
-- first id (empty: there is none), and, if it was found, its id and its fields by name.
local function find(stream, from, id, most, most_bytes)
  local count, bytes, page = 0, 0, 1
  while count < most and bytes < most_bytes do
    local entries = redis.call('XRANGE', stream, from, '+', 'COUNT', page)
    for _, entry in ipairs(entries) do
      local ours = {}
      for i = 1, #entry[2], 2 do
        local name, value = entry[2][i], entry[2][i + 1]
        ours[name] = ours[name] or value
        bytes = bytes + #value
      end
      if ours['original_id'] == id then
        return '', entry[1], ours
      end
    end
    if #entries < page then
      return ''
    end
    count = count + page
    from, page = '(' .. entries[#entries][1], math.min(2 * page, 64)
  end
  return from
end
