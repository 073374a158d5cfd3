//! What a piece of source is: a refusal, a check, a test.

use syn::{Attribute, Block, Expr, ReturnType, Signature, Stmt, UnOp};

/// Functions with such names only check.
const CHECKS: [&str; 5] = ["require", "assert", "check", "validate", "admit"];
/// What passes a check's refusal on.
const PASSING_ON: [&str; 2] = ["or_refuse", "map_err"];

pub(crate) fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(both) => has_let(&both.left) || has_let(&both.right),
        Expr::Unary(inner) => matches!(inner.op, UnOp::Not(_)) && has_let(&inner.expr),
        _ => false,
    }
}

pub(crate) fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("test")
            || (attr.path().is_ident("cfg")
                && attr.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test")))
    })
}

pub(crate) fn returns_nothing_or_error(signature: &Signature) -> bool {
    let ReturnType::Type(_, ty) = &signature.output else { return false };
    let syn::Type::Path(path) = &**ty else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    let is_unit = |argument: Option<&syn::GenericArgument>| {
        matches!(argument,
        Some(syn::GenericArgument::Type(syn::Type::Tuple(tuple))) if tuple.elems.is_empty())
    };
    last.ident == "Result" && is_unit(arguments.args.first())
}

/// A call by whose name it checks and does nothing else.
pub(crate) fn is_check(expression: &Expr) -> bool {
    let named = |name: &syn::Ident| {
        let name = name.to_string();
        CHECKS.iter().any(|check| {
            name.strip_prefix(check).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
    };
    match expression {
        Expr::MethodCall(call) if named(&call.method) => true,
        Expr::MethodCall(call) => {
            PASSING_ON.iter().any(|name| call.method == name) && is_check(&call.receiver)
        }
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => function.path.segments.last().is_some_and(|last| named(&last.ident)),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a block ends in a refusal.
pub(crate) fn is_refusing_block(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(last, _)) => is_refusal(last),
        Some(Stmt::Macro(last)) => last.mac.path.is_ident("err"),
        _ => false,
    }
}

/// `Err(..)`, `err!(..)`, or returning one.
pub(crate) fn is_refusal(expression: &Expr) -> bool {
    match expression {
        Expr::Return(returned) => returned.expr.as_deref().is_some_and(is_refusal),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(function) if function.path.is_ident("Err")),
        Expr::Macro(call) => call.mac.path.is_ident("err"),
        Expr::Block(block) => is_refusing_block(&block.block),
        _ => false,
    }
}
