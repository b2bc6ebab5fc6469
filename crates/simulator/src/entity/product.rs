//! A product: what deals are about, with a price.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Entity, Names, Object, Points, decimal, object};
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: u64,
    pub name: &'static str,
    pub code: String,
    pub description: Option<&'static str>,
    pub price: Decimal,
    pub owner: u64,
    pub deleted: bool,
    pub added: Moment,
    pub updated: Moment,
}

/// Tax of every product, in percent.
const TAX: u8 = 19;
const CURRENCY: &str = "EUR";

impl Product {
    fn told(&self) -> Object {
        object(json!({
            "id": self.id, "name": self.name, "code": self.code, "unit": null, "tax": TAX, "category": null,
            "description": self.description, "owner_id": self.owner,
        }))
    }

    fn prices(&self) -> Value {
        json!([{
            "product_id": self.id, "price": decimal(self.price), "currency": CURRENCY, "cost": 0,
            "direct_cost": 0, "notes": "",
        }])
    }
}

impl Entity for Product {
    fn points(&self) -> Points {
        Points {
            owner: self.owner,
            ..Points::default()
        }
    }

    fn updated(&self) -> Moment {
        self.updated
    }

    fn added(&self) -> Moment {
        self.added
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn object(&self) -> &'static str {
        "product"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, _: &Names) -> Option<Object> {
        let mut product = self.told();
        product.extend(object(json!({
            "active_flag": !self.deleted, "selectable": true, "visible_to": "3", "files_count": null,
            "first_char": self.name.chars().next().map(|first| first.to_lowercase().to_string()),
            "add_time": self.added.v1(), "update_time": self.updated.v1(),
            "prices": [{
                "id": self.id, "product_id": self.id, "price": decimal(self.price), "currency": CURRENCY,
                "cost": 0, "overhead_cost": 0,
            }],
        })));
        Some(product)
    }

    fn v2(&self) -> Object {
        let mut product = self.told();
        product.extend(object(json!({
            "selectable": true, "visible_to": "3", "prices": self.prices(), "custom_fields": {},
            "add_time": self.added.rfc3339(), "update_time": self.updated.rfc3339(),
        })));
        product
    }

    fn rest(&self) -> Object {
        let mut product = self.told();
        product.extend(object(json!({
            "is_deleted": self.deleted, "is_linkable": true, "visible_to": 3, "prices": self.prices(),
            "billing_frequency": "one-time", "billing_frequency_cycles": null, "custom_fields": {},
            "add_time": self.added.rfc3339(), "update_time": self.updated.rfc3339(),
        })));
        product
    }
}
