//! What somebody does next: drawn by weight, with a pull towards a pipeline that is neither empty nor choked.

use rand::RngExt;

use super::Account;
use crate::names::chance;

/// Contacts of a small account: each with a deal at first.
const CONTACTS_SMALL: u32 = 40;
/// Beyond those, one contact in so many has one.
const CONTACTS_FOR_A_DEAL: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    NewDeal,
    NewCustomer,
    NewLead,
    Advance,
    StepBack,
    Revalue,
    Reschedule,
    Reassign,
    Win,
    Lose,
    Reopen,
    DeleteDeal,
    ArchiveDeal,
    MergeDeals,
    MergePersons,
    MergeOrganizations,
    TouchLead,
    ConvertLead,
    ArchiveLead,
    EditPerson,
    EditOrganization,
    DeletePerson,
    AddActivity,
    FinishActivity,
    DeleteActivity,
    AddNote,
    EditNote,
    DeleteNote,
    AddProduct,
    RepriceProduct,
    DeleteProduct,
    RenameStage,
    EditUser,
}

/// Each deed with its weight.
const DEEDS: &[(Deed, u32)] = &[
    (Deed::NewDeal, 80),
    (Deed::NewCustomer, 45),
    (Deed::NewLead, 55),
    (Deed::Advance, 280),
    (Deed::StepBack, 20),
    (Deed::Revalue, 70),
    (Deed::Reschedule, 40),
    (Deed::Reassign, 15),
    (Deed::Win, 80),
    (Deed::Lose, 75),
    (Deed::Reopen, 10),
    (Deed::DeleteDeal, 7),
    (Deed::MergeDeals, 6),
    (Deed::MergePersons, 4),
    (Deed::MergeOrganizations, 2),
    (Deed::TouchLead, 20),
    (Deed::ConvertLead, 35),
    (Deed::ArchiveLead, 12),
    (Deed::EditPerson, 50),
    (Deed::EditOrganization, 30),
    (Deed::DeletePerson, 2),
    (Deed::AddActivity, 60),
    (Deed::FinishActivity, 50),
    (Deed::DeleteActivity, 4),
    (Deed::RenameStage, 1),
    (Deed::EditUser, 1),
];

/// Deeds of accounts that use everything.
const MORE_DEEDS: &[(Deed, u32)] = &[
    (Deed::ArchiveDeal, 25),
    (Deed::AddNote, 40),
    (Deed::EditNote, 15),
    (Deed::DeleteNote, 5),
    (Deed::AddProduct, 6),
    (Deed::RepriceProduct, 8),
    (Deed::DeleteProduct, 2),
];

impl Account {
    /// Does one deed; it leaves at least one change on the agenda, or nothing when it found nobody to do it to.
    pub(super) fn act(&mut self) {
        match self.choose() {
            Deed::NewDeal => self.new_deal(),
            Deed::NewCustomer => {
                self.new_customer();
                if chance(&mut self.rng, 800) {
                    self.new_deal_of_newest();
                } else {
                    self.new_lead();
                }
            }
            Deed::NewLead => self.new_lead(),
            Deed::Advance => self.advance(),
            Deed::StepBack => self.step_back(),
            Deed::Revalue => self.revalue(),
            Deed::Reschedule => self.reschedule(),
            Deed::Reassign => self.reassign(),
            Deed::Win => self.win(),
            Deed::Lose => self.lose(),
            Deed::Reopen => self.reopen(),
            Deed::DeleteDeal => self.delete_deal(),
            Deed::ArchiveDeal => self.archive_deal(),
            Deed::MergeDeals => self.merge_deals(),
            Deed::MergePersons => self.merge_persons(),
            Deed::MergeOrganizations => self.merge_organizations(),
            Deed::TouchLead => self.touch_lead(),
            Deed::ConvertLead => self.convert_lead(),
            Deed::ArchiveLead => self.archive_lead(),
            Deed::EditPerson => self.edit_person(),
            Deed::EditOrganization => self.edit_organization(),
            Deed::DeletePerson => self.delete_person(),
            Deed::AddActivity => self.add_activity(),
            Deed::FinishActivity => self.finish_activity(),
            Deed::DeleteActivity => self.delete_activity(),
            Deed::AddNote => self.add_note(),
            Deed::EditNote => self.edit_note(),
            Deed::DeleteNote => self.delete_note(),
            Deed::AddProduct => self.add_product(),
            Deed::RepriceProduct => self.reprice_product(),
            Deed::DeleteProduct => self.delete_product(),
            Deed::RenameStage => self.rename_stage(),
            Deed::EditUser => self.edit_user(),
        }
    }

    /// Open deals that the account begins with.
    pub(super) fn deals_at_first(&self) -> u32 {
        let contacts = self.founding.contacts;
        let small = contacts.min(CONTACTS_SMALL);
        small + (contacts - small) / CONTACTS_FOR_A_DEAL
    }

    fn choose(&mut self) -> Deed {
        let more = if self.founding.everything { MORE_DEEDS } else { &[] };
        let deeds = || DEEDS.iter().chain(more);
        let total: u32 = deeds().map(|(_, weight)| weight).sum();
        let mut left = self.rng.random_range(0..total);
        let drawn = deeds().find(|(_, weight)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        let deed = drawn.map_or(Deed::Advance, |(deed, _)| *deed);
        let open = self.book.open_deals.len();
        // Fewer than at first: nobody closes one. Nearly four times as many: nobody adds one.
        let low = self.deals_at_first() as usize;
        let high = low * 15 / 4;
        match deed {
            Deed::Win | Deed::Lose | Deed::DeleteDeal | Deed::MergeDeals if open < low => Deed::NewDeal,
            Deed::NewDeal | Deed::NewCustomer | Deed::ConvertLead | Deed::Reopen if open > high => Deed::Win,
            deed => deed,
        }
    }
}
