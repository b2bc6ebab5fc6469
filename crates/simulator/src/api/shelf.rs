//! Which entities a collection of REST v2 holds, and which of them the API still tells of.

use std::collections::BTreeMap;
use std::time::Duration;

use super::page::Place;
use super::query::Query;
use crate::account::Book;
use crate::account::fields::Holder;
use crate::entity::Entity;
use crate::moment::Moment;

/// What was deleted is told of this long, then it is gone for good.
const DELETED_KEPT: Duration = Duration::from_hours(30 * 24);

/// A collection of entities with numbers as ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    Deals,
    ArchivedDeals,
    Persons,
    Organizations,
    Activities,
    Products,
    Stages,
    Pipelines,
}

/// An entity with its id.
pub(super) type Held<'a> = (u64, &'a dyn Entity);

impl Shelf {
    /// The collection of that name in the path.
    pub(super) fn named(collection: &str) -> Option<Self> {
        match collection {
            "deals" => Some(Self::Deals),
            "persons" => Some(Self::Persons),
            "organizations" => Some(Self::Organizations),
            "activities" => Some(Self::Activities),
            "products" => Some(Self::Products),
            "stages" => Some(Self::Stages),
            "pipelines" => Some(Self::Pipelines),
            _ => None,
        }
    }

    /// Its name in the path.
    pub(super) fn collection(self) -> &'static str {
        match self {
            Self::Deals | Self::ArchivedDeals => "deals",
            Self::Persons => "persons",
            Self::Organizations => "organizations",
            Self::Activities => "activities",
            Self::Products => "products",
            Self::Stages => "stages",
            Self::Pipelines => "pipelines",
        }
    }

    /// Whose fields its entities have.
    pub(super) fn holder(self) -> Option<Holder> {
        match self {
            Self::Deals | Self::ArchivedDeals => Some(Holder::Deal),
            Self::Persons => Some(Holder::Person),
            Self::Organizations => Some(Holder::Organization),
            Self::Activities | Self::Products | Self::Stages | Self::Pipelines => None,
        }
    }

    /// The entity of that id: also an archived one, and a deleted one for thirty days.
    pub(super) fn find(self, book: &Book, id: u64) -> Option<&dyn Entity> {
        fn at<T: Entity>(shelf: &BTreeMap<u64, T>, id: u64) -> Option<&dyn Entity> {
            shelf.get(&id).map(|entity| entity as &dyn Entity)
        }
        let held = match self {
            Self::Deals | Self::ArchivedDeals => at(&book.deals, id),
            Self::Persons => at(&book.persons, id),
            Self::Organizations => at(&book.organizations, id),
            Self::Activities => at(&book.activities, id),
            Self::Products => at(&book.products, id),
            Self::Stages => at(&book.stages, id),
            Self::Pipelines => at(&book.pipelines, id),
        };
        held.filter(|entity| is_told(*entity))
    }

    /// The entities that a query takes, each with its place in the order asked for.
    pub(super) fn chosen<'a>(self, book: &'a Book, query: &Query) -> Vec<(Place, Held<'a>)> {
        let archived = self == Self::ArchivedDeals;
        let all = self.all(book);
        all.filter(|(id, entity)| {
            entity.is_archived() == archived && is_told(*entity) && query.takes(*id, *entity)
        })
        .map(|(id, entity)| ((query.sort_key(entity), id), (id, entity)))
        .collect()
    }

    fn all(self, book: &Book) -> Box<dyn Iterator<Item = Held<'_>> + '_> {
        fn of<T: Entity>(shelf: &BTreeMap<u64, T>) -> Box<dyn Iterator<Item = Held<'_>> + '_> {
            Box::new(shelf.iter().map(|(id, entity)| (*id, entity as &dyn Entity)))
        }
        match self {
            Self::Deals | Self::ArchivedDeals => of(&book.deals),
            Self::Persons => of(&book.persons),
            Self::Organizations => of(&book.organizations),
            Self::Activities => of(&book.activities),
            Self::Products => of(&book.products),
            Self::Stages => of(&book.stages),
            Self::Pipelines => of(&book.pipelines),
        }
    }
}

fn is_told(entity: &dyn Entity) -> bool {
    !entity.is_deleted() || entity.updated() > Moment::now().minus(DELETED_KEPT)
}
