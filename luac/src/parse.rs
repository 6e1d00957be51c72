//! Expressions.

use crate::error::{Res, message};
use crate::expr::{Expr, Key, Kind};
use crate::func::{Parser, Pos, Slot, flag};
use crate::intern::Sym;
use crate::ops::{BinOp, UNARY_PRIORITY};
use crate::template::{Const, Template, hash_bits};
use crate::token::Tok;
use bytecode::proto::{GcConst, ProtoFlags, TabTemplate};
use bytecode::{Ins, Op};

/// Most array slots `TNEW` can name.
const MAX_NEW_SLOTS: u32 = 0x7ff;

/// A table constructor that is being parsed.
struct Constructor {
    /// Slot of the table.
    slot: Slot,
    /// Position of the instruction that creates it.
    pc: Pos,
    /// The constant part with its constant's index.
    template: Option<(Template, u32)>,
    /// The next array index.
    next_index: u32,
    /// Number of keys that are no array indices.
    keys: u32,
    has_array: bool,
    /// The last item is a call whose results may all be appended.
    open_call: bool,
}

impl Constructor {
    fn new(slot: Slot, pc: Pos) -> Constructor {
        Constructor { slot, pc, template: None, next_index: 1, keys: 0, has_array: false, open_call: false }
    }
}

impl Parser<'_> {
    // Tokens.

    /// Says whether the current token is the character.
    #[inline]
    pub(crate) fn at(&self, c: u8) -> bool {
        self.lex.tok == Tok::ch(c)
    }

    /// Says whether the current token is a name; `goto` is one where it starts no statement.
    #[inline]
    pub(crate) fn at_name(&self) -> bool {
        matches!(self.lex.tok, Tok::NAME | Tok::GOTO)
    }

    /// Skips a token if it is there.
    #[inline]
    pub(crate) fn accept(&mut self, tok: Tok) -> Res<bool> {
        if self.lex.tok != tok {
            return Ok(false);
        }
        self.lex.next()?;
        Ok(true)
    }

    /// Skips a token that must be there.
    #[inline]
    pub(crate) fn expect(&mut self, tok: Tok) -> Res<()> {
        if self.lex.tok != tok {
            return Err(self.lex.error_near(message::expected(&tok.text())));
        }
        self.lex.next()
    }

    /// Skips the token `what` that closes the token `who` of a line.
    pub(crate) fn expect_match(&mut self, what: Tok, who: Tok, line: u32) -> Res<()> {
        if self.lex.tok == what {
            return self.lex.next();
        }
        Err(if line == self.lex.line {
            self.lex.error_near(message::expected(&what.text()))
        } else {
            self.lex.error_near(message::unmatched(&what.text(), &who.text(), line))
        })
    }

    /// Skips a name and returns it.
    #[inline]
    pub(crate) fn name(&mut self) -> Res<Sym> {
        if !self.at_name() {
            return Err(self.lex.error_near(message::expected(&Tok::NAME.text())));
        }
        let sym = self.lex.sym;
        self.lex.next()?;
        Ok(sym)
    }

    // Lists.

    /// Parses expressions; all but the last are put into slots. Returns how many there are, and the last.
    pub(crate) fn expr_list(&mut self) -> Res<(u32, Expr)> {
        let mut count = 1;
        let mut last = self.expr()?;
        while self.accept(Tok::ch(b','))? {
            self.put_next(&mut last)?;
            last = self.expr()?;
            count += 1;
        }
        Ok((count, last))
    }

    /// Parses an expression into the next slot.
    pub(crate) fn expr_next(&mut self) -> Res<()> {
        let mut e = self.expr()?;
        self.put_next(&mut e)
    }

    /// Parses a condition and returns the list of jumps taken when it is false.
    pub(crate) fn condition(&mut self) -> Res<u32> {
        let mut e = self.expr()?;
        if e.kind == Kind::Nil {
            e.kind = Kind::False;
        }
        self.branch_if_true(&mut e)?;
        Ok(e.f)
    }

    // Operators.

    /// Parses an expression.
    pub(crate) fn expr(&mut self) -> Res<Expr> {
        Ok(self.binary(0)?.0)
    }

    /// Parses operators that bind more strongly than `limit`. Returns the operator that follows, too.
    fn binary(&mut self, limit: u8) -> Res<(Expr, Option<BinOp>)> {
        self.enter_level()?;
        let mut left = self.unary()?;
        let mut op = BinOp::of(self.lex.tok);
        while let Some(this) = op
            && this.priority().0 > limit
        {
            self.lex.next()?;
            self.emit_left_operand(this, &mut left)?;
            let (mut right, next) = self.binary(this.priority().1)?;
            self.emit_binary(this, &mut left, &mut right)?;
            op = next;
        }
        self.leave_level();
        Ok((left, op))
    }

    fn unary(&mut self) -> Res<Expr> {
        const MINUS: Tok = Tok::ch(b'-');
        const SHARP: Tok = Tok::ch(b'#');
        let op = match self.lex.tok {
            Tok::NOT => Op::NOT,
            MINUS => Op::UNM,
            SHARP => Op::LEN,
            _ => return self.simple(),
        };
        self.lex.next()?;
        let (mut e, _) = self.binary(UNARY_PRIORITY)?;
        self.emit_unary(op, &mut e)?;
        Ok(e)
    }

    fn simple(&mut self) -> Res<Expr> {
        const BRACE: Tok = Tok::ch(b'{');
        let kind = match self.lex.tok {
            Tok::NUMBER => Kind::Num(self.lex.num),
            Tok::STRING => Kind::Str(self.lex.sym),
            Tok::NIL => Kind::Nil,
            Tok::TRUE => Kind::True,
            Tok::FALSE => Kind::False,
            Tok::DOTS => self.dots()?,
            BRACE => return self.table(),
            Tok::FUNCTION => {
                self.lex.next()?;
                return self.body(false, self.lex.line);
            }
            _ => return self.primary(),
        };
        self.lex.next()?;
        Ok(Expr::new(kind))
    }

    fn dots(&mut self) -> Res<Kind> {
        if self.func.flags & ProtoFlags::VARARG == 0 {
            return Err(self.lex.error_near(message::DOTS));
        }
        self.reserve(1)?;
        let base = self.func.free - 1;
        let pc = self.emit_abc(Op::VARG, base, 2, u32::from(self.func.num_params))?;
        Ok(Kind::Call { pc, base })
    }

    // Variables, fields, calls.

    /// Parses a prefix expression and its suffixes.
    pub(crate) fn primary(&mut self) -> Res<Expr> {
        const DOT: Tok = Tok::ch(b'.');
        const COLON: Tok = Tok::ch(b':');
        const BRACKET: Tok = Tok::ch(b'[');
        const PAREN: Tok = Tok::ch(b'(');
        const BRACE: Tok = Tok::ch(b'{');
        let mut e;
        if self.at(b'(') {
            let line = self.lex.line;
            self.lex.next()?;
            e = self.expr()?;
            self.expect_match(Tok::ch(b')'), Tok::ch(b'('), line)?;
            self.discharge(&mut e)?;
        } else if self.at_name() {
            e = self.variable()?;
        } else {
            return Err(self.lex.error_near(message::SYMBOL));
        }
        loop {
            match self.lex.tok {
                DOT => self.field(&mut e)?,
                BRACKET => {
                    let table = self.put_any(&mut e)?;
                    let mut key = self.bracket()?;
                    e.kind = self.index(table, &mut key)?;
                }
                COLON => {
                    self.lex.next()?;
                    let name = self.name()?;
                    let base = self.emit_method(&mut e, name)?;
                    e = self.arguments(base)?;
                }
                PAREN | BRACE | Tok::STRING => {
                    self.put_next(&mut e)?;
                    let base = self.func.free - 1;
                    self.reserve(1)?;
                    e = self.arguments(base)?;
                }
                _ => return Ok(e),
            }
        }
    }

    /// Parses a variable's name.
    pub(crate) fn variable(&mut self) -> Res<Expr> {
        let name = self.name()?;
        Ok(Expr::new(self.resolve(name)?))
    }

    /// Parses `.name` or `:name` as an index.
    pub(crate) fn field(&mut self, e: &mut Expr) -> Res<()> {
        let table = self.put_any(e)?;
        self.lex.next()?;
        let name = self.name()?;
        e.kind = self.index(table, &mut Expr::new(Kind::Str(name)))?;
        Ok(())
    }

    /// Parses `[key]` and returns the key as a value.
    fn bracket(&mut self) -> Res<Expr> {
        self.lex.next()?;
        let mut key = self.expr()?;
        self.make_value(&mut key)?;
        self.expect(Tok::ch(b']'))?;
        Ok(key)
    }

    /// Parses the arguments of a call of the function in the slot `base`.
    fn arguments(&mut self, base: Slot) -> Res<Expr> {
        const PAREN: Tok = Tok::ch(b'(');
        const BRACE: Tok = Tok::ch(b'{');
        let line = self.lex.line;
        let mut last = match self.lex.tok {
            PAREN => {
                if line != self.lex.last_line {
                    return Err(self.lex.error_near(message::AMBIGUOUS));
                }
                self.lex.next()?;
                let last = if self.at(b')') { Expr::new(Kind::Void) } else { self.expr_list()?.1 };
                if let Kind::Call { pc, .. } = last.kind {
                    let ins = self.ins_mut(pc);
                    *ins = ins.with_b(0);
                }
                self.expect_match(Tok::ch(b')'), PAREN, line)?;
                last
            }
            BRACE => self.table()?,
            Tok::STRING => {
                let sym = self.lex.sym;
                self.lex.next()?;
                Expr::new(Kind::Str(sym))
            }
            _ => return Err(self.lex.error_near(message::ARGUMENTS)),
        };
        let ins = match last.kind {
            Kind::Call { base: first, .. } => Ins::abc(Op::CALLM, base as u8, 2, (first - base - 2) as u8),
            kind => {
                if kind != Kind::Void {
                    self.put_next(&mut last)?;
                }
                Ins::abc(Op::CALL, base as u8, 2, (self.func.free - base - 1) as u8)
            }
        };
        let pc = self.emit(ins)?;
        self.set_line(pc, line);
        self.func.free = base + 1;
        Ok(Expr::new(Kind::Call { pc, base }))
    }

    // Tables.

    /// Parses a table constructor.
    fn table(&mut self) -> Res<Expr> {
        let line = self.lex.line;
        let slot = self.func.free;
        let mut table = Constructor::new(slot, self.emit_ad(Op::TNEW, slot, 0)?);
        self.reserve(1)?;
        let free = self.func.free;
        self.expect(Tok::ch(b'{'))?;
        while !self.at(b'}') {
            let (key, target) = self.table_key(&mut table)?;
            let value = self.expr()?;
            self.table_value(&mut table, key, target, value)?;
            self.func.free = free;
            if !self.accept(Tok::ch(b','))? && !self.accept(Tok::ch(b';'))? {
                break;
            }
        }
        self.expect_match(Tok::ch(b'}'), Tok::ch(b'{'), line)?;
        if table.open_call {
            self.append_results(free, table.next_index)?;
        }
        let kind = if table.pc == self.func.pc - 1 {
            self.func.free -= 1;
            Kind::Open(table.pc)
        } else {
            Kind::Slot(slot)
        };
        let has_array = table.has_array;
        match table.template {
            None => {
                let slots = if has_array { table.next_index.clamp(3, MAX_NEW_SLOTS) } else { 0 };
                let ins = self.ins_mut(table.pc);
                *ins = ins.with_d((slots | hash_bits(table.keys) << 11) as u16);
            }
            Some((mut template, index)) => {
                if has_array && template.slots() < table.next_index {
                    template.resize_array(table.next_index);
                }
                self.func.kgc[index as usize] = GcConst::Tab(template.finish(&mut self.lex.strings));
            }
        }
        Ok(Expr::new(kind))
    }

    /// Parses or makes up the key of an item. A key that is not constant is also returned as the target of a store.
    fn table_key(&mut self, table: &mut Constructor) -> Res<(Expr, Option<Kind>)> {
        table.open_call = false;
        let mut target = None;
        let key = if self.at(b'[') {
            let mut key = self.bracket()?;
            if !key.is_const() {
                target = Some(self.index(table.slot, &mut key)?);
            }
            if key.kind == Kind::Num(0.0) {
                table.has_array = true;
            } else {
                table.keys += 1;
            }
            self.expect(Tok::ch(b'='))?;
            key
        } else if self.at_name() && self.lex.lookahead()? == Tok::ch(b'=') {
            let name = self.name()?;
            self.expect(Tok::ch(b'='))?;
            table.keys += 1;
            Expr::new(Kind::Str(name))
        } else {
            let index = table.next_index;
            table.next_index += 1;
            table.has_array = true;
            table.open_call = true;
            Expr::new(Kind::Num(f64::from(index)))
        };
        Ok((key, target))
    }

    /// Puts an item into the template if it is constant, and stores it otherwise.
    fn table_value(
        &mut self,
        table: &mut Constructor,
        mut key: Expr,
        target: Option<Kind>,
        mut value: Expr,
    ) -> Res<()> {
        let constant = value.const_value().filter(|_| !value.has_jump());
        let is_name = matches!(key.kind, Kind::Str(_));
        if let Some(k) = key.const_value().filter(|k| *k != Const::Nil)
            && (is_name || constant.is_some())
        {
            let (template, _) = match &mut table.template {
                Some(template) => template,
                None => {
                    let template = Template::new(if table.has_array { table.next_index } else { 0 }, table.keys);
                    let index = self.const_unique(GcConst::Tab(TabTemplate::default()));
                    *self.ins_mut(table.pc) = Ins::ad(Op::TDUP, table.slot as u8, index as u16);
                    table.template.insert((template, index))
                }
            };
            table.open_call = false;
            // A name keeps its place even if its value comes later.
            template.set(k, constant.unwrap_or(Const::Later));
            if constant.is_some() {
                return Ok(());
            }
        }
        if !value.is_call() {
            self.put_any(&mut value)?;
            table.open_call = false;
        }
        let target = match target {
            Some(target) => target,
            None => self.index(table.slot, &mut key)?,
        };
        self.emit_store(target, &mut value)
    }

    /// Replaces the store of a call's first result, the last in the code, by a store of all its results.
    fn append_results(&mut self, base: u32, next_index: u32) -> Res<()> {
        let mut last = self.func.pc - 1;
        if next_index > 256 {
            // The index was put into a slot first.
            self.func.pc -= 1;
            last -= 1;
        }
        // The low word of the number is the index; the high word makes it an ordinary number.
        let index = self.const_num(f64::from_bits(0x4330_0000 << 32 | u64::from(next_index - 1)));
        *self.ins_mut(last) = Ins::ad(Op::TSETM, base as u8, index as u16);
        let call = self.ins_mut(last - 1);
        *call = call.with_b(0);
        Ok(())
    }

    // Functions.

    /// Parses parameters and body of a function that was defined on `line`.
    pub(crate) fn body(&mut self, needs_self: bool, line: u32) -> Res<Expr> {
        self.open_func();
        self.func.first_line = line;
        self.func.num_params = self.parameters(needs_self)? as u8;
        self.emit(Ins::ad(Op::FUNCF, 0, 0))?;
        self.chunk()?;
        if self.lex.tok != Tok::END {
            self.expect_match(Tok::END, Tok::FUNCTION, line)?;
        }
        self.lex.last_line = self.lex.line;
        let proto = self.close_func(self.lex.line)?;
        let index = self.const_unique(GcConst::Proto(Box::new(proto)));
        let pc = self.emit_ad(Op::FNEW, 0, index)?;
        let flags = &mut self.func.flags;
        if *flags & ProtoFlags::CHILD == 0 {
            if *flags & flag::HAS_RETURN != 0 {
                *flags |= flag::FIXUP_RETURN;
            }
            *flags |= ProtoFlags::CHILD;
        }
        self.lex.next()?;
        Ok(Expr::new(Kind::Open(pc)))
    }

    fn parameters(&mut self, needs_self: bool) -> Res<u32> {
        let mut count = 0;
        self.expect(Tok::ch(b'('))?;
        if needs_self {
            self.declare(count, Sym::SELF)?;
            count += 1;
        }
        if !self.at(b')') {
            loop {
                if self.at_name() {
                    let name = self.name()?;
                    self.declare(count, name)?;
                    count += 1;
                } else if self.lex.tok == Tok::DOTS {
                    self.lex.next()?;
                    self.func.flags |= ProtoFlags::VARARG;
                    break;
                } else {
                    return Err(self.lex.error_near(message::PARAM));
                }
                if !self.accept(Tok::ch(b','))? {
                    break;
                }
            }
        }
        self.activate(count);
        self.reserve(count)?;
        self.expect(Tok::ch(b')'))?;
        Ok(count)
    }
}

impl Kind {
    /// Renames a slot that an indexed expression uses; says whether it does.
    pub(crate) fn rename_slot(&mut self, from: u32, to: u32) -> bool {
        let Kind::Indexed { table, key } = self else { return false };
        let mut renamed = false;
        if *table == from {
            *table = to;
            renamed = true;
        }
        if *key == Key::Slot(from) {
            *key = Key::Slot(to);
            renamed = true;
        }
        renamed
    }
}
