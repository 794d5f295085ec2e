-- What another module's script does with the functions in front of it.
-- KEYS: meta, buffer, index   ARGV: channel, nonce, count, body, header members
local head = read_head(KEYS[1], KEYS[2], KEYS[3], 'own')
return append_frame(
  ARGV[1], KEYS[2], KEYS[1], head, now_ms(), ARGV[2], tonumber(ARGV[3]), ARGV[5], ARGV[4], 60000, 100)
