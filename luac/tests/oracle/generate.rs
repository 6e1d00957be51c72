//! Random programs, mostly valid: every statement and expression, nested, over a few names so that they interfere.

/// A generator of random numbers (xorshift); the same seed gives the same programs.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const TARGETS: &[&str] =
    &["a", "b", "c", "x", "y", "g", "h", "a.b", "a[1]", "a[b]", "a[c]", "g.x", "x[y]", "f().x", "a[300]", "a['s']"];
const NAMES: &[&str] = &["a", "b", "c", "x", "y"];
/// Without nil: where LuaJIT puts a constant key whose value is nil is an accident of its hash function.
const VALUES: &[&str] = &[
    "true",
    "false",
    "1",
    "0",
    "-1",
    "2.5",
    "300",
    "70000",
    "1e100",
    "0x10",
    "'s'",
    "'t'",
    "a",
    "b",
    "c",
    "x",
    "y",
    "g",
    "h",
    "f()",
    "a.b",
    "a[1]",
    "a[b]",
    "a[300]",
    "g.x.y",
    "a:m()",
    "a:m(1,f())",
    "f(a,f())",
    "(f())",
    "{}",
    "{1,2}",
    "{a=1}",
    "{f()}",
    "...",
    "(...)",
    "function() return a,b end",
];

/// A program under construction.
pub struct Program<'r> {
    pub random: &'r mut Random,
    pub text: String,
}

impl Program<'_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn list(&mut self, n: usize, mut item: impl FnMut(&mut Self)) {
        for i in 0..n {
            if i > 0 {
                self.put(",");
            }
            item(self);
        }
    }

    fn expr(&mut self, depth: usize) {
        if self.random.below(12) == 0 {
            self.put("nil");
        } else {
            self.value(depth);
        }
    }

    fn value(&mut self, depth: usize) {
        if depth == 0 || self.random.below(3) == 0 {
            let value = self.random.pick(VALUES);
            return self.put(value);
        }
        let depth = depth - 1;
        match self.random.below(13) {
            0 => {
                let op = self.random.pick(&["not ", "- ", "#"]);
                self.put(op);
                self.value(depth);
            }
            1 => {
                self.put("(");
                self.value(depth);
                self.put(")");
            }
            2 => {
                self.put("f(");
                let n = self.random.below(4);
                self.list(n, |p| p.expr(depth));
                self.put(")");
            }
            3 => self.table(depth),
            4 => {
                let head = self.random.pick(&["function(...)", "function(x,...)", "function(x,y,...)"]);
                self.put(head);
                self.block(depth, 2);
                self.put(" end");
            }
            other => {
                const BINARY: [&str; 8] =
                    ["and|or", "and|or", "..", "==|~=|<|>|<=|>=", "==|~=", "+|-|*", "+|/|%", "^|-"];
                self.value(depth);
                let ops: Vec<&str> = BINARY[other - 5].split('|').collect();
                let op = self.random.pick(&ops);
                self.put(&format!(" {op} "));
                self.value(depth);
            }
        }
    }

    fn table(&mut self, depth: usize) {
        self.put("{");
        for _ in 0..self.random.below(7) {
            match self.random.below(5) {
                0 => {
                    let key = self.random.pick(&["a=", "b=", "c=", "goto="]);
                    self.put(key);
                }
                1 => {
                    self.put("[");
                    self.value(depth);
                    self.put("]=");
                }
                2 => {
                    let key = self.random.pick(&["1", "2", "3", "4", "0", "7", "-1", "1.5", "'a'", "true", "300"]);
                    self.put(&format!("[{key}]="));
                }
                _ => {}
            }
            self.value(depth);
            self.put(",");
        }
        self.put("}");
    }

    /// Writes up to `most` statements and perhaps a last one.
    pub fn block(&mut self, depth: usize, most: usize) {
        for _ in 0..1 + self.random.below(most + 1) {
            self.put(" ");
            self.statement(depth);
            let end = self.random.pick(&["", ";", "\n"]);
            self.put(end);
        }
        if self.random.below(6) == 0 {
            let last = self.random.pick(&[
                "return",
                "break",
                "return ...",
                "return f()",
                "return a,f()",
                "return a",
                "return a==b",
            ]);
            self.put(&format!(" {last}"));
        }
    }

    fn body(&mut self, head: &str, depth: usize) {
        self.put(head);
        self.block(depth, 2);
        self.put(" end");
    }

    fn statement(&mut self, depth: usize) {
        let choice = self.random.below(if depth == 0 { 4 } else { 19 });
        let inner = depth.saturating_sub(1);
        match choice {
            0 => {
                self.put("local ");
                let n = 1 + self.random.below(3);
                self.list(n, |p| {
                    let name = p.random.pick(NAMES);
                    p.put(name);
                });
                if self.random.below(3) > 0 {
                    self.put("=");
                    let n = 1 + self.random.below(3);
                    self.list(n, |p| p.expr(depth));
                }
            }
            1 | 2 => {
                let n = 1 + self.random.below(3);
                self.list(n, |p| {
                    let target = p.random.pick(TARGETS);
                    p.put(target);
                });
                self.put("=");
                let n = 1 + self.random.below(4);
                self.list(n, |p| p.expr(depth));
            }
            3 => {
                let call = self.random.pick(&["f(", "a:m(", "a.b.c("]);
                self.put(call);
                let n = self.random.below(3);
                self.list(n, |p| p.expr(depth));
                self.put(")");
            }
            4 | 5 => {
                self.put("if ");
                self.expr(inner);
                self.put(" then");
                self.block(inner, 2);
                if self.random.below(3) == 0 {
                    self.put(" elseif ");
                    self.expr(inner);
                    self.put(" then");
                    self.block(inner, 2);
                }
                if self.random.below(2) == 0 {
                    self.put(" else");
                    self.block(inner, 2);
                }
                self.put(" end");
            }
            6 => {
                self.put("while ");
                self.expr(inner);
                self.body(" do", inner);
            }
            7 | 8 => {
                self.put("repeat");
                for _ in 0..2 {
                    self.put(" ");
                    self.statement(inner);
                }
                self.put(" until ");
                self.expr(inner);
            }
            9 => {
                self.put("for a=");
                let n = 2 + self.random.below(2);
                self.list(n, |p| p.value(inner));
                self.body(" do", inner);
            }
            10 => {
                let names = self.random.pick(&["a", "a,b", "a,b,c"]);
                let over = self.random.pick(&[
                    "pairs(a)",
                    "next,a",
                    "ipairs(a)",
                    "f()",
                    "pairs",
                    "...",
                    "a,b,c,f()",
                    "1,nil",
                    "x:pairs()",
                ]);
                self.body(&format!("for {names} in {over} do"), inner);
            }
            11 => self.body("do", inner),
            12 => {
                let head = self.random.pick(&[
                    "local function f(x,...)",
                    "function f(...)",
                    "function a.b.c(...)",
                    "function a:m(x,...)",
                ]);
                self.body(head, inner);
            }
            13 | 14 => {
                // A goto inside its block, in either direction; labels may clash, which is an error that is compared, too.
                let label = self.random.pick(&["a", "b", "c", "goto_"]);
                let forward = self.random.below(2) == 0;
                self.put(&format!("do {} ", if forward { format!("goto {label}") } else { format!("::{label}::") }));
                self.statement(inner);
                self.put(" ");
                self.statement(inner);
                self.put(&format!(" {} end", if forward { format!("::{label}::") } else { format!("goto {label}") }));
            }
            15 => {
                let name = self.random.pick(&["pairs", "next", "f", "g"]);
                self.put(&format!("local {name}="));
                self.expr(inner);
            }
            16 => {
                self.body("while a do local z", inner);
                self.put(" ");
                self.put("local w=function() return a,b,c,x end");
            }
            17 => self.put("repeat local z=f() local w=function() z=z+1 end until z or not w"),
            _ => {
                let jump = self.random.pick(&["goto a", "::a::", "goto b", "::b::"]);
                self.put(jump);
            }
        }
    }
}

/// Makes a program.
pub fn program(random: &mut Random) -> String {
    let depth = 1 + random.below(4);
    let mut program = Program { random, text: String::new() };
    program.block(depth, 6);
    program.text
}

/// Cuts, doubles or swaps some words of a program.
pub fn mutate(random: &mut Random, text: &str) -> String {
    let mut words: Vec<&str> = text.split_inclusive([' ', ',', '(', ')', '=', '\n', ';', '}', '{', ']']).collect();
    for _ in 0..1 + random.below(3) {
        let at = random.below(words.len());
        let other = random.below(words.len());
        match random.below(4) {
            0 if words.len() > 1 => {
                words.remove(at);
            }
            1 => words.insert(at, words[other]),
            2 => words.swap(at, other),
            _ => words.truncate(at + 1),
        }
    }
    words.concat()
}
