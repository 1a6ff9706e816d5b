//! One macro for every closed list of words, so that Rust, the database and GraphQL share one vocabulary.

/// Defines an enum whose values are stored and shown as `SCREAMING_SNAKE_CASE` words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$value_meta:meta])* $value:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            sea_orm::EnumIter, sea_orm::DeriveActiveEnum, async_graphql::Enum,
            serde::Serialize, serde::Deserialize,
        )]
        #[sea_orm(
            rs_type = "String",
            db_type = "String(StringLen::None)",
            rename_all = "SCREAMING_SNAKE_CASE"
        )]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name { $($(#[$value_meta])* $value),+ }

        impl $name {
            /// Every value, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word that the database and the API use.
            #[must_use]
            pub fn word(self) -> String {
                sea_orm::ActiveEnum::to_value(&self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = sea_orm::DbErr;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                <Self as sea_orm::ActiveEnum>::try_from_value(&word.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.word())
            }
        }
    };
}
