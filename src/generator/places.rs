//! Communes and certifications of the demonstration.

/// A commune where a CFA is or where people live.
#[derive(Debug)]
pub(super) struct Commune {
    /// Code of the département.
    pub(super) departement: &'static str,
    /// INSEE code.
    pub(super) insee: &'static str,
    /// A postcode of it.
    pub(super) postcode: &'static str,
}

/// A certification.
#[derive(Debug)]
pub(super) struct Certification {
    /// European level, 3 to 7.
    pub(super) level: u8,
    /// RNCP code.
    pub(super) rncp: &'static str,
    /// CFD, when it is a national diploma.
    pub(super) cfd: Option<&'static str>,
    /// Short title.
    pub(super) title: &'static str,
}

macro_rules! communes {
    ($($departement:literal $insee:literal $postcode:literal)*) => {
        &[$(Commune { departement: $departement, insee: $insee, postcode: $postcode }),*]
    };
}

/// Chef-lieux, in an order that puts a quarter of the CFAs in Île-de-France.
pub(super) const COMMUNES: &[Commune] = communes! {
    "75" "75113" "75013"
    "69" "69382" "69002"
    "13" "13055" "13001"
    "93" "93008" "93000"
    "59" "59350" "59000"
    "33" "33063" "33000"
    "44" "44109" "44000"
    "92" "92050" "92000"
    "31" "31555" "31000"
    "67" "67482" "67000"
    "35" "35238" "35000"
    "94" "94028" "94000"
    "76" "76540" "76000"
    "34" "34172" "34000"
    "45" "45234" "45000"
    "78" "78646" "78000"
    "21" "21231" "21000"
    "87" "87085" "87000"
    "63" "63113" "63000"
    "77" "77288" "77000"
    "2A" "2A004" "20000"
    "974" "97411" "97400"
    "38" "38185" "38000"
    "95" "95500" "95300"
    "06" "06088" "06000"
    "29" "29232" "29000"
    "49" "49007" "49000"
    "91" "91228" "91000"
    "54" "54395" "54000"
    "80" "80021" "80000"
    "86" "86194" "86000"
    "75" "75119" "75019"
    "14" "14118" "14000"
    "25" "25056" "25000"
    "57" "57463" "57000"
    "93" "93066" "93200"
    "30" "30189" "30000"
    "62" "62041" "62000"
    "42" "42218" "42000"
    "971" "97105" "97100"
};

macro_rules! certifications {
    ($($level:literal $rncp:literal $cfd:expr, $title:literal)*) => {
        &[$(Certification { level: $level, rncp: $rncp, cfd: $cfd, title: $title }),*]
    };
}

/// Certifications of the demonstration.
pub(super) const CERTIFICATIONS: &[Certification] = certifications! {
    3 "RNCP37537" Some("50022145"), "CAP boulanger"
    3 "RNCP38430" Some("50033423"), "CAP coiffure"
    3 "RNCP35316" Some("50023218"), "CAP maçon"
    3 "RNCP38432" Some("50033441"), "CAP cuisine"
    4 "RNCP38878" Some("40025510"), "Bac pro maintenance des véhicules"
    4 "RNCP38399" Some("40031213"), "Bac pro métiers du commerce"
    4 "RNCP35698" None, "TP installateur thermique"
    5 "RNCP38368" Some("32031213"), "BTS management commercial opérationnel"
    5 "RNCP35340" Some("32032601"), "BTS services informatiques"
    5 "RNCP38365" Some("32025515"), "BTS électrotechnique"
    6 "RNCP35917" Some("25031403"), "BUT gestion des entreprises"
    6 "RNCP37198" None, "Responsable commercial"
    6 "RNCP38905" None, "Concepteur développeur"
    7 "RNCP38186" None, "Expert en ingénierie logicielle"
    7 "RNCP35916" None, "Master management"
    7 "RNCP36648" None, "Manager de projet"
};

#[cfg(test)]
mod tests {
    use super::*;
    use domain::identifiers::{Cfd, InseeCommune, Postcode, Rncp};

    #[test]
    fn every_code_is_valid_and_each_commune_is_in_its_departement() {
        for commune in COMMUNES {
            let code = InseeCommune::parse(commune.insee).unwrap();
            assert_eq!(code.departement().as_deref(), Some(commune.departement), "{commune:?}");
            assert!(Postcode::parse(commune.postcode).is_ok());
        }
        for certification in CERTIFICATIONS {
            assert!(Rncp::parse(certification.rncp).is_ok(), "{certification:?}");
            assert!(certification.cfd.is_none_or(|cfd| Cfd::parse(cfd).is_ok()));
        }
    }
}
