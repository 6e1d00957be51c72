-- The shell is started under the name `sh`, which its own messages show.
print(io.popen("command-that-does-not-exist 2>&1"):read "*a")
print(os.execute "command-that-does-not-exist 2>/dev/null" / 256, os.execute "exit 3" / 256, os.execute "echo $0 >/dev/null")
print(io.popen("echo $0"):read "*a")
--> sh: 1: command-that-does-not-exist: not found
-->
--> 127	3	0
--> sh
-->
