-- os.exit(false) is status 1.
io.stderr:write "to standard error\n" os.exit(false)
--! to standard error
--? 1
