-- Looks for the replay of a message among a page of a group's replay stream, and where it stands there.
-- KEYS: replay stream, its due key. ARGV: first id, id of the message, most replays, most bytes,
-- group, parked consumer.
-- Result: first id of the next page (empty: none), then, if it was found: its id, consumer (empty:
-- not pending), idle ms, deliveries, due time in ms (empty: none).
local next, id = find(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
if not id then
  return {next}
end
local rows = redis.pcall('XPENDING', KEYS[1], ARGV[5], id, id, 1) -- an error if the group is gone
local row = not rows.err and rows[1] or {id, '', 0, 0}
local due = row[2] == ARGV[6] and redis.call('ZSCORE', KEYS[2], id)
return {'', id, row[2], row[3], row[4], due or ''}
