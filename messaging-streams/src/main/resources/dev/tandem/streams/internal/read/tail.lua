-- Reads a page of a stream after a position, and tells at the same moment what is needed to see
-- whether something was removed before it was read.
-- KEYS: stream, trim. ARGV: id ($: the last), most entries.
-- Result: id, last id ever used, first id (empty: none), entries left, entries ever added (before
-- Redis 7: those left and those that trimming says it removed), 1 if the server itself counts them,
-- entries.
local removed = tonumber(redis.call('HGET', KEYS[2], 'removed') or 0)
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {ARGV[1] == '$' and '0-0' or ARGV[1], '0-0', '', 0, removed, 0, {}}
end
local info = {}
local flat = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #flat, 2 do info[flat[i]] = flat[i + 1] end
local last, first, added = info['last-generated-id'], info['first-entry'], info['entries-added']
local position = ARGV[1] == '$' and last or ARGV[1]
local entries = {}
if position ~= last then
  entries = redis.call('XRANGE', KEYS[1], '(' .. position, '+', 'COUNT', ARGV[2])
end
return {
  position, last, first and first[1] or '', info.length,
  added or info.length + removed, added and 1 or 0, entries,
}
