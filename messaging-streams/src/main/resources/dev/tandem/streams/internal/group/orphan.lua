-- Makes a stretch of a stream pending in a group that was created anew, where it is not: nobody who
-- is left knows whether it was handled. Left alone for a lease time, it is then taken over.
-- KEYS: stream. ARGV: group, orphaned consumer, mark the group is known by now, from, to, page size.
-- Result: 0 if it is yet another group by now, 1 if not; where the next page begins (empty: none);
-- how many it made pending.
local stream, group = KEYS[1], ARGV[1]
if mark_of(stream, group) ~= ARGV[3] then
  return {0, '', 0}
end
local page, made = tonumber(ARGV[6]), 0
local entries = redis.call('XRANGE', stream, ARGV[4], ARGV[5], 'COUNT', page)
for _, entry in ipairs(entries) do
  if not pending(stream, group, entry[1]) then
    redis.call(
      'XCLAIM', stream, group, ARGV[2], 0, entry[1], 'RETRYCOUNT', 1, 'FORCE', 'JUSTID')
    made = made + 1
  end
end
return {1, #entries == page and '(' .. entries[page][1] or '', made}
