-- How a log that is read is kept alive: functions only, to be joined behind append_frame.lua.

-- Begins a log where there is none, and keeps one alive that is only read; not without memory, where
-- what is stored can be read nevertheless.
local function keep_head(meta, buffer, head, now, retention_ms, names)
  if head.fresh then
    rare().write_head(meta, buffer, head, now, retention_ms, names)
  elseif is_overdue(head, now) then
    pcall(rare().write_head, meta, buffer, head, now, retention_ms, names)
  end
end
