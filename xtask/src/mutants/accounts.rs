//! Mutants of what a struct of accounts asks of them.

use super::find::Finder;
use super::rewrite::Piece::{Source, Text};
use super::site::Kind;
use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, Field, Ident, ItemStruct, Meta, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

/// `mut`, `constraint = EXPR @ ERROR`, `token::mint = EXPR`, ...
struct Asked {
    name: String,
    start: Span,
    value: Option<Expr>,
    error: Option<Expr>,
}

impl Parse for Asked {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let first = Ident::parse_any(input)?;
        let (start, mut name) = (first.span(), first.to_string());
        while input.peek(Token![::]) {
            input.parse::<Token![::]>()?;
            name = format!("{name}::{}", Ident::parse_any(input)?);
        }
        let mut asked = Self { name, start, value: None, error: None };
        if input.parse::<Option<Token![=]>>()?.is_some() {
            asked.value = Some(input.parse()?);
        }
        if input.parse::<Option<Token![@]>>()?.is_some() {
            asked.error = Some(input.parse()?);
        }
        Ok(asked)
    }
}

impl Asked {
    fn span(&self) -> Span {
        let value = self.value.as_ref().map(Spanned::span);
        let end = self.error.as_ref().map(Spanned::span).or(value).unwrap_or(self.start);
        self.start.join(end).unwrap_or(self.start)
    }
}

pub(crate) fn is_accounts(item: &ItemStruct) -> bool {
    item.attrs.iter().filter(|attr| attr.path().is_ident("derive")).any(|attr| {
        let names = attr.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated);
        names.is_ok_and(|names| names.iter().any(|name| name.is_ident("Accounts")))
    })
}

impl Finder<'_> {
    pub(crate) fn accounts(&mut self, item: &ItemStruct) -> syn::Result<()> {
        for field in &item.fields {
            for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("account")) {
                self.account(field, tokens(attr)?)?;
            }
            self.signer(field);
        }
        Ok(())
    }

    fn account(&mut self, field: &Field, tokens: TokenStream) -> syn::Result<()> {
        let parser = Punctuated::<Asked, Token![,]>::parse_terminated;
        for asked in syn::parse::Parser::parse2(parser, tokens)? {
            let Some(value) = &asked.value else { continue };
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            let (range, whole) = (self.range(value.span()), asked.span());
            let actual = match asked.name.as_str() {
                "constraint" => {
                    let on = self.site(Kind::Constraint, whole);
                    self.edit(range.clone(), vec![Text(format!("({on} || (")), Source(range), Text("))".into())]);
                    self.expression(value);
                    continue;
                }
                "address" => (Kind::Address, format!("{name}.key()")),
                "owner" => (Kind::Owner, format!("*{name}.as_ref().owner")),
                _ => continue,
            };
            let on = self.site(actual.0, whole);
            let before = Text(format!("(if {on} {{ {} }} else {{ ", actual.1));
            self.edit(range.clone(), vec![before, Source(range), Text(" })".into())]);
            self.expression(value);
        }
        Ok(())
    }

    /// A signer as an account that must sign, but for its mutant.
    fn signer(&mut self, field: &Field) {
        let Type::Path(path) = &field.ty else { return };
        let (Some(last), Some(name)) = (path.path.segments.last(), &field.ident) else { return };
        if last.ident != "Signer" {
            return;
        }
        let on = self.site(Kind::Signer, name.span().join(field.ty.span()).unwrap_or(name.span()));
        let asked = format!(
            "#[account(constraint = {on} || {name}.is_signer @ anchor_lang::error::ErrorCode::AccountNotSigner)] "
        );
        let start = self.range(field.vis.span()).start;
        self.edit(start..start, vec![Text(asked)]);
        let range = self.range(last.ident.span());
        self.edit(range, vec![Text("UncheckedAccount".into())]);
    }
}

fn tokens(attr: &Attribute) -> syn::Result<TokenStream> {
    match &attr.meta {
        Meta::List(list) => Ok(list.tokens.clone()),
        other => Err(syn::Error::new(other.span(), "an account attribute without a list")),
    }
}
