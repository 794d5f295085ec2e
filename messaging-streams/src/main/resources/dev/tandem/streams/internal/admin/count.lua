-- Counts entries of a range. They are read for that, so it stops after so many or so many bytes.
-- KEYS: stream. ARGV: from, to, most entries, most bytes.
-- Result: how many, the last one's id (empty: none), 1 if that was all.
local from, to, most, most_bytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local count, bytes, page, last = 0, 0, 1, ''
while count < most and bytes < most_bytes do
  local asked = math.min(page, most - count)
  local entries = redis.call('XRANGE', KEYS[1], from, to, 'COUNT', asked)
  count = count + #entries
  for _, entry in ipairs(entries) do
    last = entry[1]
    for _, part in ipairs(entry[2]) do bytes = bytes + #part end
  end
  if #entries < asked then
    return {count, last, 1}
  end
  from, page = '(' .. last, math.min(2 * page, 128)
end
return {count, last, 0}
