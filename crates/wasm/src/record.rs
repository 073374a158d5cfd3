//! Records: a struct here, a plain object and an interface of the same name in TypeScript.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

/// The TypeScript name of a field's type.
#[cfg_attr(not(target_arch = "wasm32"), allow(unused_macros))] // The section that uses it exists only there.
macro_rules! ts {
    (u32) => {
        "number"
    };
    (bool) => {
        "boolean"
    };
    (String) => {
        "string"
    };
    (Amounts) => {
        "bigint[]"
    };
    (Flags) => {
        "boolean[]"
    };
    ($wide:ident) => {
        "bigint"
    };
}
#[cfg_attr(not(target_arch = "wasm32"), allow(unused_imports))]
pub(crate) use ts;

/// Declares a record. Field names are as TypeScript spells them.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $kind:ident,)* }) => {
        $(#[$doc])*
        #[allow(non_snake_case)] // They are the names in JavaScript.
        pub(crate) struct $name { $($(#[$about])* pub(crate) $field: $kind,)* }

        impl From<$name> for wasm_bindgen::JsValue {
            fn from(record: $name) -> Self {
                let object = js_sys::Object::new();
                $($crate::record::put(&object, stringify!($field), record.$field);)*
                object.into()
            }
        }

        const _: () = {
            #[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
            const TYPES: &str = concat!(
                "export interface ", stringify!($name), " {\n",
                $("  ", stringify!($field), ": ", $crate::record::ts!($kind), ";\n",)*
                "}\n",
            );
        };
    };
}
pub(crate) use record;

/// Sets a field. Setting a field of a fresh plain object cannot fail.
pub(crate) fn put(object: &Object, name: &str, value: impl Into<JsValue>) {
    let _ = Reflect::set(object, &name.into(), &value.into());
}

/// Several amounts.
pub(crate) struct Amounts(pub(crate) Vec<u64>);

impl From<Amounts> for JsValue {
    fn from(amounts: Amounts) -> Self {
        amounts.0.into_iter().map(JsValue::from).collect::<Array>().into()
    }
}

/// Several answers.
pub(crate) struct Flags(pub(crate) Vec<bool>);

impl From<Flags> for JsValue {
    fn from(flags: Flags) -> Self {
        flags.0.into_iter().map(JsValue::from).collect::<Array>().into()
    }
}
