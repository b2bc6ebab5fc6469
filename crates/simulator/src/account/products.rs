//! Products: added to the list, priced anew, taken off.

use std::sync::Arc;

use rand::RngExt;
use rust_decimal::Decimal;

use super::Account;
use crate::catalogue::PRODUCTS;
use crate::change::Action;
use crate::entity::product::Product;
use crate::names::{chance, one_of};

/// Products beyond which none is added.
const PRODUCTS_MAX: usize = 200;

impl Account {
    pub(super) fn add_product(&mut self) {
        if self.book.products.len() >= PRODUCTS_MAX {
            return;
        }
        let id = self.book.next_id();
        let (name, description) = one_of(&mut self.rng, PRODUCTS, ("Licence", ""));
        let price = self.a_price();
        let at = self.stamp(self.clock);
        let product = Product {
            id,
            name,
            code: format!("P-{id:05}"),
            description: chance(&mut self.rng, 600).then_some(description),
            price,
            owner: self.actor,
            deleted: false,
            added: at,
            updated: at,
        };
        self.book.products.insert(id, product.clone());
        self.record(Action::Added, at, None, Some(Arc::new(product)));
    }

    pub(super) fn reprice_product(&mut self) {
        let Some(before) = self.a_product() else { return };
        let price = self.a_price();
        let at = self.stamp(before.updated);
        let after = Product {
            price,
            updated: at,
            ..before.clone()
        };
        self.book.products.insert(after.id, after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }

    pub(super) fn delete_product(&mut self) {
        let Some(before) = self.a_product() else { return };
        let at = self.stamp(before.updated);
        let gone = Product {
            deleted: true,
            updated: at,
            ..before.clone()
        };
        self.book.products.insert(gone.id, gone);
        self.record(Action::Deleted, at, Some(Arc::new(before)), None);
    }

    fn a_product(&mut self) -> Option<Product> {
        let place = self.rng.random_range(0..self.book.products.len().max(1));
        let product = self.book.products.values().nth(place)?;
        (!product.deleted).then(|| product.clone())
    }

    fn a_price(&mut self) -> Decimal {
        Decimal::new(self.rng.random_range(490..250_000_i64), 2)
    }
}
