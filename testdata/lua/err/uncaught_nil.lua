-- An uncaught nil error value.
error()
--? 1
