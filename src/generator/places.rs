//! Communes and certifications of the demonstration: those of the built-in
//! reference set, so that every figure of it can be placed.

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

/// Communes of the built-in reference set, with a postcode each.
pub(super) const COMMUNES: &[Commune] = communes! {
    "01" "01053" "01000"
    "06" "06088" "06000"
    "13" "13201" "13001"
    "13" "13202" "13002"
    "13" "13203" "13003"
    "13" "13204" "13004"
    "13" "13205" "13005"
    "13" "13206" "13006"
    "13" "13207" "13007"
    "13" "13208" "13008"
    "13" "13209" "13009"
    "13" "13210" "13010"
    "13" "13211" "13011"
    "13" "13212" "13012"
    "13" "13213" "13013"
    "13" "13214" "13014"
    "13" "13215" "13015"
    "13" "13216" "13016"
    "14" "14118" "14000"
    "21" "21231" "21000"
    "2A" "2A004" "20000"
    "31" "31555" "31000"
    "33" "33063" "33000"
    "34" "34172" "34000"
    "35" "35238" "35000"
    "38" "38185" "38000"
    "44" "44109" "44000"
    "54" "54395" "54000"
    "59" "59350" "59000"
    "63" "63113" "63000"
    "67" "67482" "67000"
    "69" "69381" "69001"
    "69" "69382" "69002"
    "69" "69383" "69003"
    "69" "69384" "69004"
    "69" "69385" "69005"
    "69" "69386" "69006"
    "69" "69387" "69007"
    "69" "69388" "69008"
    "69" "69389" "69009"
    "75" "75101" "75001"
    "75" "75102" "75002"
    "75" "75103" "75003"
    "75" "75104" "75004"
    "75" "75105" "75005"
    "75" "75106" "75006"
    "75" "75107" "75007"
    "75" "75108" "75008"
    "75" "75109" "75009"
    "75" "75110" "75010"
    "75" "75111" "75011"
    "75" "75112" "75012"
    "75" "75113" "75013"
    "75" "75114" "75014"
    "75" "75115" "75015"
    "75" "75116" "75016"
    "75" "75117" "75017"
    "75" "75118" "75018"
    "75" "75119" "75019"
    "75" "75120" "75020"
    "76" "76540" "76000"
    "974" "97411" "97400"
};

macro_rules! certifications {
    ($($level:literal $rncp:literal $cfd:expr, $title:literal)*) => {
        &[$(Certification { level: $level, rncp: $rncp, cfd: $cfd, title: $title }),*]
    };
}

/// Certifications of the built-in reference set.
pub(super) const CERTIFICATIONS: &[Certification] = certifications! {
    3 "RNCP34670" None, "CAP Métiers de la coiffure"
    3 "RNCP37537" None, "CAP Boulanger"
    3 "RNCP37553" None, "CAP Boucher"
    3 "RNCP38401" None, "CAP Électricien"
    3 "RNCP38430" None, "CAP Cuisine"
    3 "RNCP38765" None, "CAP Pâtissier"
    4 "RNCP37380" None, "BP Arts de la cuisine"
    4 "RNCP38399" None, "Bac pro Métiers du commerce et de la vente"
    4 "RNCP38878" None, "Bac pro Métiers de l'électricité et de ses environnements connectés"
    5 "RNCP35521" None, "BTS Comptabilité et gestion"
    5 "RNCP38362" Some("32031213"), "BTS Management commercial opérationnel"
    5 "RNCP38364" None, "BTS Support à l'action managériale"
    5 "RNCP38368" Some("32031212"), "BTS Négociation et digitalisation de la relation client"
    6 "RNCP35526" None, "Diplôme de comptabilité et de gestion"
    7 "RNCP35284" None, "Diplôme supérieur de comptabilité et de gestion"
};

#[cfg(test)]
mod tests {
    use super::*;
    use domain::identifiers::{Cfd, InseeCommune, Postcode, Rncp};

    #[test]
    fn the_built_in_reference_set_knows_all_of_them() {
        let set = projections::reference::ReferenceSet::built_in().unwrap();
        for commune in COMMUNES {
            assert_eq!(set.communes[commune.insee].departement, commune.departement);
        }
        for certification in CERTIFICATIONS {
            let rncp = Rncp::parse(certification.rncp).ok();
            let cfd = certification.cfd.and_then(|cfd| Cfd::parse(cfd).ok());
            assert_eq!(set.level(cfd, rncp), Some(certification.level), "{certification:?}");
        }
    }

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
