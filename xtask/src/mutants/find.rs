//! Finds what to mutate in a source, and what to write in its place.

use super::accounts::is_accounts;
use super::pairs::Pairs;
use super::rewrite::{
    Edit,
    Piece::{self, Source, Text},
};
use super::site::{Kind, Site};
use super::syntax::{has_let, is_check, is_refusal, is_refusing_block, is_test, returns_nothing_or_error};
use proc_macro2::Span;
use std::{collections::BTreeMap, ops::Range};
use syn::{
    Attribute, BinOp, Block, Expr, ExprBinary, ExprIf, ExprMacro, ExprMethodCall, ImplItemFn, ItemFn,
    Signature, Stmt, Token,
    punctuated::Punctuated,
    spanned::Spanned,
    visit::{self, Visit},
};

/// Walks over one source.
pub(crate) struct Finder<'a> {
    file: &'a str,
    source: &'a str,
    /// How the source calls the switch: the path of the module, from where it is.
    switch: &'a str,
    pairs: &'a Pairs,
    within: Vec<String>,
    seen: BTreeMap<String, usize>,
    first: u32,
    failed: Option<syn::Error>,
    pub(crate) sites: Vec<Site>,
    pub(crate) edits: Vec<Edit>,
}

impl<'a> Finder<'a> {
    /// All mutants of a source, numbered from `first` on.
    pub(crate) fn of(
        file: &'a str,
        source: &'a str,
        switch: &'a str,
        pairs: &'a Pairs,
        first: u32,
    ) -> syn::Result<Self> {
        let (within, seen, sites, edits) = (Vec::new(), BTreeMap::new(), Vec::new(), Vec::new());
        let mut finder =
            Self { file, source, switch, pairs, within, seen, first, failed: None, sites, edits };
        finder.visit_file(&syn::parse_file(source)?);
        match finder.failed.take() {
            Some(error) => Err(error),
            None => Ok(finder),
        }
    }

    pub(crate) fn range(&self, span: Span) -> Range<usize> {
        span.byte_range()
    }

    pub(crate) fn edit(&mut self, range: Range<usize>, pieces: Vec<Piece>) {
        self.edits.push(Edit { range, pieces });
    }

    /// Notes a mutant and returns the expression that is true in it.
    pub(crate) fn site(&mut self, kind: Kind, span: Span) -> String {
        let number = self.note(kind, span);
        format!("{}::on({number})", self.switch)
    }

    fn note(&mut self, kind: Kind, span: Span) -> u32 {
        let text = self.source[self.range(span)].split_whitespace().collect::<Vec<_>>().join(" ");
        let number = self.first + u32::try_from(self.sites.len()).unwrap_or(u32::MAX);
        let (file, within) = (self.file.to_owned(), self.within.join("::"));
        let line = span.start().line;
        let mut site = Site { number, kind, file, line, within, text, repeat: 0 };
        let seen = self.seen.entry(site.key()).or_default();
        site.repeat = std::mem::replace(seen, *seen + 1);
        self.sites.push(site);
        number
    }

    pub(crate) fn expression(&mut self, expression: &Expr) {
        self.visit_expr(expression);
    }

    fn wrapped(&mut self, range: Range<usize>, before: String, after: &str) {
        self.edit(range.clone(), vec![Text(before), Source(range), Text(after.to_owned())]);
    }

    /// `condition` refuses where it is `refusing`; in the mutant it is the other.
    fn never(&mut self, kind: Kind, condition: &Expr, refusing: bool) {
        let (span, has_let) = (condition.span(), has_let(condition));
        match (refusing, has_let) {
            (true, true) => {
                let on = self.site(kind, span);
                self.wrapped(self.range(span), format!("!{on} && "), "");
            }
            (true, false) => {
                let on = self.site(kind, span);
                self.wrapped(self.range(span), format!("!{on} && ("), ")");
            }
            (false, true) => {}
            (false, false) => {
                let on = self.site(kind, span);
                self.wrapped(self.range(span), format!("({on} || ("), "))");
            }
        }
    }

    fn function(
        &mut self,
        signature: &Signature,
        attrs: &[Attribute],
        block: &Block,
        visit: impl FnOnce(&mut Self),
    ) {
        // Where the compiler runs it, there is no switch.
        if signature.constness.is_some() || is_test(attrs) {
            return;
        }
        self.within.push(signature.ident.to_string());
        if returns_nothing_or_error(signature)
            && let Some(Stmt::Expr(last, None)) = block.stmts.last()
            && is_check(last)
        {
            let on = self.site(Kind::Check, last.span());
            self.wrapped(self.range(last.span()), format!("if {on} {{ Ok(()) }} else {{ "), " }");
        }
        visit(self);
        self.within.pop();
    }

    /// Leaves out one part of `a && b` or `a || b`.
    fn operand(&mut self, whole: &ExprBinary, operand: &Expr) {
        let is_and = matches!(whole.op, BinOp::And(_));
        let is_same = matches!(operand, Expr::Binary(inner)
            if matches!((inner.op, whole.op), (BinOp::And(_), BinOp::And(_)) | (BinOp::Or(_), BinOp::Or(_))));
        if is_same || matches!(operand, Expr::Let(_)) {
            return;
        }
        let on = self.site(Kind::Operand, operand.span());
        let before = if is_and { format!("({on} || (") } else { format!("(!{on} && (") };
        self.wrapped(self.range(operand.span()), before, "))");
    }

    fn boundary(&mut self, whole: &ExprBinary, name: &str) {
        let number = self.note(Kind::Boundary, whole.span());
        let pieces = vec![
            Text(format!("{}::{name}({number}, &(", self.switch)),
            Source(self.range(whole.left.span())),
            Text("), &(".into()),
            Source(self.range(whole.right.span())),
            Text("))".into()),
        ];
        self.edit(self.range(whole.span()), pieces);
    }

    fn rounding(&mut self, whole: Span, name: &syn::Ident, is_method: bool) {
        let Some(other) = self.pairs.counterpart(&name.to_string(), is_method) else { return };
        let on = self.site(Kind::Rounding, whole);
        let (range, at) = (self.range(whole), self.range(name.span()));
        let pieces = vec![
            Text(format!("(if {on} {{ ")),
            Source(range.start..at.start),
            Text(other),
            Source(at.end..range.end),
            Text(" } else { ".into()),
            Source(range.clone()),
            Text(" })".into()),
        ];
        self.edit(range, pieces);
    }

    fn cap(&mut self, call: &ExprMethodCall) {
        let on = self.site(Kind::Cap, call.span());
        let (range, receiver) = (self.range(call.span()), self.range(call.receiver.span()));
        let pieces = vec![
            Text("({ let uncapped = ".into()),
            Source(receiver.clone()),
            Text(format!("; if {on} {{ uncapped }} else {{ uncapped")),
            Source(receiver.end..range.end),
            Text(" } })".into()),
        ];
        self.edit(range, pieces);
    }

    /// `x.minus(y).map_err(|_| Named)`: nothing, in the mutant, in place of the refusal.
    fn shortfall(&mut self, call: &ExprMethodCall) {
        let Expr::MethodCall(inner) = &*call.receiver else { return };
        let is_general = call.args.iter().any(|arg| self.source[self.range(arg.span())].contains("Overflow"));
        if call.method != "map_err" || inner.method != "minus" || is_general {
            return;
        }
        let on = self.site(Kind::Shortfall, call.span());
        let after =
            format!(".or_else(|refusal| if {on} {{ Ok(Default::default()) }} else {{ Err(refusal) }})");
        self.wrapped(self.range(call.span()), String::new(), &after);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        if is_accounts(item) {
            self.within.push(item.ident.to_string());
            if let Err(error) = self.accounts(item) {
                self.failed = Some(error);
            }
            self.within.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.sig, &item.attrs, &item.block, |finder| visit::visit_item_fn(finder, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.sig, &item.attrs, &item.block, |finder| visit::visit_impl_item_fn(finder, item));
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        match statement {
            Stmt::Expr(Expr::Try(tried), Some(_)) if is_check(&tried.expr) => {
                let on = self.site(Kind::Check, tried.span());
                self.wrapped(self.range(tried.span()), format!("if !{on} {{ "), "; }");
            }
            // Parsed as a statement of its own kind, though it is the expression of the same name.
            Stmt::Macro(item) => {
                let (attrs, mac) = (item.attrs.clone(), item.mac.clone());
                self.visit_expr_macro(&ExprMacro { attrs, mac });
                return;
            }
            _ => {}
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_expr_macro(&mut self, call: &ExprMacro) {
        if !call.mac.path.is_ident("require") {
            return;
        }
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        match call.mac.parse_body_with(parser) {
            Ok(arguments) => {
                if let Some(condition) = arguments.first() {
                    self.never(Kind::Require, condition, false);
                    self.expression(condition);
                }
            }
            Err(error) => self.failed = Some(error),
        }
    }

    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        let otherwise = branch.else_branch.as_ref().map(|(_, otherwise)| &**otherwise);
        if is_refusing_block(&branch.then_branch) {
            self.never(Kind::Refusal, &branch.cond, true);
        } else if let Some(Expr::Block(otherwise)) = otherwise
            && is_refusing_block(&otherwise.block)
        {
            self.never(Kind::Refusal, &branch.cond, false);
        }
        visit::visit_expr_if(self, branch);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, condition)) = &arm.guard
            && is_refusal(&arm.body)
        {
            self.never(Kind::Guard, condition, true);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_binary(&mut self, whole: &'ast ExprBinary) {
        match whole.op {
            BinOp::And(_) | BinOp::Or(_) => {
                self.operand(whole, &whole.left);
                self.operand(whole, &whole.right);
            }
            BinOp::Lt(_) => self.boundary(whole, "lt"),
            BinOp::Le(_) => self.boundary(whole, "le"),
            BinOp::Gt(_) => self.boundary(whole, "gt"),
            BinOp::Ge(_) => self.boundary(whole, "ge"),
            _ => {}
        }
        visit::visit_expr_binary(self, whole);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = &*call.func
            && let Some(last) = function.path.segments.last()
        {
            self.rounding(call.span(), &last.ident, false);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        match (name.as_str(), call.args.len()) {
            ("min" | "max", 1) | ("clamp", 2) => self.cap(call),
            _ => self.rounding(call.span(), &call.method, true),
        }
        self.shortfall(call);
        visit::visit_expr_method_call(self, call);
    }
}

#[cfg(test)]
mod tests;
