-- Looks for the dead letter of a message among a page of a group's dead letters.
-- KEYS: dead. ARGV: first id, id of the message, most dead letters, most bytes.
-- Result: first id of the next page (empty: none), then, if it was found: its id, reason,
-- deliveries, consumer.
local next, id, letter = find(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
if not id then
  return {next}
end
return {'', id, letter['reason'] or '', letter['deliveries'] or '0', letter['consumer'] or ''}
