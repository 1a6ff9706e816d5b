//! The words addresses are made of: USPS Publication 28 and the forms cities use beside it.

/// The USPS abbreviation of a street suffix.
///
/// `CR` (creek, circle) and `TR` (trail, terrace) are each used for two things by the cities
/// we read, so they stay as written: a wrong guess would join two premises into one.
pub(super) fn suffix(word: &str) -> Option<&'static str> {
    Some(match word {
        "ALLEE" | "ALLEY" | "ALLY" | "ALY" => "ALY",
        "ARC" | "ARCADE" => "ARC",
        "AV" | "AVE" | "AVEN" | "AVENU" | "AVENUE" | "AVN" | "AVNUE" => "AVE",
        "AVENUES" | "AVES" => "AVES",
        "BL" | "BLV" | "BLVD" | "BOUL" | "BOULEVARD" | "BOULV" | "BV" => "BLVD",
        "BYP" | "BYPA" | "BYPAS" | "BYPASS" | "BYPS" => "BYP",
        "CIR" | "CIRC" | "CIRCL" | "CIRCLE" | "CRCL" | "CRCLE" => "CIR",
        "CIRCLES" | "CIRS" => "CIRS",
        "CMN" | "COMMON" => "CMN",
        "CMNS" | "COMMONS" => "CMNS",
        "CR" => "CR",
        "CRECENT" | "CRES" | "CRESCENT" | "CRESENT" | "CRSCNT" | "CRSENT" | "CRSNT" => "CRES",
        "CAUSEWAY" | "CAUSWAY" | "CSWY" => "CSWY",
        "COURT" | "CRT" | "CT" => "CT",
        "COURTS" | "CTS" => "CTS",
        "CURV" | "CURVE" => "CURV",
        "COV" | "COVE" | "CV" => "CV",
        "COVES" | "CVS" => "CVS",
        "DIA" | "DIAGONAL" => "DIA",
        "DR" | "DRIV" | "DRIVE" | "DRV" => "DR",
        "DRIVES" | "DRS" => "DRS",
        "DRIVEWAY" | "DRW" | "DRWY" | "DY" => "DRWY",
        "EXP" | "EXPR" | "EXPRESS" | "EXPRESSWAY" | "EXPW" | "EXPWY" | "EXPY" => "EXPY",
        "EXT" | "EXTENSION" | "EXTN" | "EXTNSN" => "EXT",
        "EXTENSIONS" | "EXTS" => "EXTS",
        "FREEWAY" | "FREEWY" | "FRWAY" | "FRWY" | "FWY" => "FWY",
        "HIGHWAY" | "HIGHWY" | "HIWAY" | "HIWY" | "HW" | "HWAY" | "HWY" | "HY" => "HWY",
        "LANE" | "LANES" | "LN" => "LN",
        "LOOP" | "LOOPS" => "LOOP",
        "MAL" | "MALL" => "MALL",
        "MEWS" => "MEWS",
        "MOTORWAY" | "MTWY" => "MTWY",
        "OPAS" | "OVERPASS" => "OPAS",
        "PASS" => "PASS",
        "PASSAGE" | "PSGE" => "PSGE",
        "PATH" | "PATHS" => "PATH",
        "PIKE" | "PIKES" => "PIKE",
        "PARKWAY" | "PARKWAYS" | "PARKWY" | "PKWAY" | "PKWY" | "PKWYS" | "PKY" | "PY" => "PKWY",
        "PL" | "PLACE" => "PL",
        "PLAZA" | "PLZ" | "PLZA" => "PLZ",
        "RAD" | "RADIAL" | "RADIEL" | "RADL" => "RADL",
        "RAMP" => "RAMP",
        "RD" | "ROAD" => "RD",
        "RDS" | "ROADS" => "RDS",
        "ROUTE" | "RTE" => "RTE",
        "ROW" => "ROW",
        "RUN" => "RUN",
        "SD" => "SD",
        "SKWY" | "SKYWAY" => "SKWY",
        "SPUR" | "SPURS" => "SPUR",
        "SQ" | "SQR" | "SQRE" | "SQU" | "SQUARE" => "SQ",
        "SQRS" | "SQS" | "SQUARES" => "SQS",
        "ST" | "STR" | "STREET" | "STRT" => "ST",
        "STREETS" | "STS" => "STS",
        "STRA" | "STRAV" | "STRAVE" | "STRAVEN" | "STRAVENUE" | "STRAVN" | "STRVN" | "STRVNUE" => "STRA",
        "TER" | "TERR" | "TERRACE" => "TER",
        "TPK" | "TPKE" | "TRNPK" | "TRPK" | "TURNPIKE" | "TURNPK" => "TPKE",
        "TR" => "TR",
        "TRACE" | "TRACES" | "TRCE" => "TRCE",
        "TRACK" | "TRACKS" | "TRAK" | "TRK" | "TRKS" => "TRAK",
        "TRAFFICWAY" | "TRFY" => "TRFY",
        "TRAIL" | "TRAILS" | "TRL" | "TRLS" => "TRL",
        "THROUGHWAY" | "TRWY" => "TRWY",
        "TUNEL" | "TUNL" | "TUNLS" | "TUNNEL" | "TUNNELS" | "TUNNL" => "TUNL",
        "UNDERPASS" | "UPAS" => "UPAS",
        "WAL" | "WALK" | "WALKS" | "WK" => "WALK",
        "WAY" | "WY" => "WAY",
        "WAYS" => "WAYS",
        "CRSSING" | "CRSSNG" | "CROSSING" | "XING" => "XING",
        "CROSSROAD" | "XRD" => "XRD",
        "CROSSROADS" | "XRDS" => "XRDS",
        _ => return None,
    })
}

/// True for the suffixes after which only a direction, a unit or a place can follow.
pub(super) fn ends_a_street(suffix: &str) -> bool {
    matches!(
        suffix,
        "AVE" | "BLVD" | "CIR" | "CT" | "DR" | "HWY" | "LN" | "PKWY" | "PL" | "RD" | "ST" | "TER" | "WAY"
    )
}

/// One of two streets of which a corner says `A AND B STREETS`.
pub(super) fn singular(plural: &str) -> Option<&'static str> {
    Some(match plural {
        "AVES" => "AVE",
        "CTS" => "CT",
        "DRS" => "DR",
        "RDS" => "RD",
        "STS" => "ST",
        _ => return None,
    })
}

/// The long form of a suffix that is a word of the landscape (`RNCH`: `RANCH`).
///
/// Where a source leaves suffixes out, these end street names in earnest (`1200 FALCON RANCH`),
/// so unlike the others they are written out; both writings still meet in one form.
pub(super) fn landscape(word: &str) -> Option<&'static str> {
    Some(match word {
        "ANEX" | "ANNEX" | "ANNX" | "ANX" => "ANNEX",
        "BAYOO" | "BAYOU" | "BYU" => "BAYOU",
        "BCH" | "BEACH" => "BEACH",
        "BEND" | "BND" => "BEND",
        "BLF" | "BLUF" | "BLUFF" => "BLUFF",
        "BLFS" | "BLUFFS" => "BLUFFS",
        "BOT" | "BOTTM" | "BOTTOM" | "BTM" => "BOTTOM",
        "BR" | "BRANCH" | "BRNCH" => "BRANCH",
        "BRDGE" | "BRG" | "BRIDGE" => "BRIDGE",
        "BRK" | "BROOK" => "BROOK",
        "BRKS" | "BROOKS" => "BROOKS",
        "BG" | "BURG" => "BURG",
        "BGS" | "BURGS" => "BURGS",
        "CAMP" | "CMP" | "CP" => "CAMP",
        "CANYN" | "CANYON" | "CNYN" | "CYN" => "CANYON",
        "CAPE" | "CPE" => "CAPE",
        "CEN" | "CENT" | "CENTER" | "CENTR" | "CENTRE" | "CNTER" | "CNTR" | "CTR" => "CENTER",
        "CENTERS" | "CTRS" => "CENTERS",
        "CLF" | "CLIFF" => "CLIFF",
        "CLFS" | "CLIFFS" => "CLIFFS",
        "CLB" | "CLUB" => "CLUB",
        "COR" | "CORNER" => "CORNER",
        "CORNERS" | "CORS" => "CORNERS",
        "COURSE" | "CRSE" => "COURSE",
        "CK" | "CREEK" | "CRK" => "CREEK",
        "CREST" | "CRST" => "CREST",
        "DALE" | "DL" => "DALE",
        "DAM" | "DM" => "DAM",
        "DIV" | "DIVIDE" | "DV" | "DVD" => "DIVIDE",
        "EST" | "ESTATE" => "ESTATE",
        "ESTATES" | "ESTS" => "ESTATES",
        "FALL" => "FALL",
        "FALLS" | "FLS" => "FALLS",
        "FERRY" | "FRRY" | "FRY" => "FERRY",
        "FIELD" | "FLD" => "FIELD",
        "FIELDS" | "FLDS" => "FIELDS",
        "FLAT" | "FLT" => "FLAT",
        "FLATS" | "FLTS" => "FLATS",
        "FORD" | "FRD" => "FORD",
        "FORDS" | "FRDS" => "FORDS",
        "FOREST" | "FORESTS" | "FRST" => "FOREST",
        "FORG" | "FORGE" | "FRG" => "FORGE",
        "FORGES" | "FRGS" => "FORGES",
        "FORK" | "FRK" => "FORK",
        "FORKS" | "FRKS" => "FORKS",
        "FORT" | "FRT" | "FT" => "FORT",
        "GARDEN" | "GARDN" | "GDN" | "GRDEN" | "GRDN" => "GARDEN",
        "GARDENS" | "GDNS" | "GRDNS" => "GARDENS",
        "GATEWAY" | "GATEWY" | "GATWAY" | "GTWAY" | "GTWY" => "GATEWAY",
        "GLEN" | "GLN" => "GLEN",
        "GLENS" | "GLNS" => "GLENS",
        "GREEN" | "GRN" => "GREEN",
        "GREENS" | "GRNS" => "GREENS",
        "GROV" | "GROVE" | "GRV" => "GROVE",
        "GROVES" | "GRVS" => "GROVES",
        "HARB" | "HARBOR" | "HARBR" | "HBR" | "HRBOR" => "HARBOR",
        "HARBORS" | "HBRS" => "HARBORS",
        "HAVEN" | "HAVN" | "HVN" => "HAVEN",
        "HEIGHT" | "HEIGHTS" | "HGTS" | "HT" | "HTS" => "HEIGHTS",
        "HILL" | "HL" => "HILL",
        "HILLS" | "HLS" => "HILLS",
        "HLLW" | "HOLLOW" | "HOLLOWS" | "HOLW" | "HOLWS" => "HOLLOW",
        "INLET" | "INLT" => "INLET",
        "IS" | "ISLAND" | "ISLND" => "ISLAND",
        "ISLANDS" | "ISLNDS" | "ISS" => "ISLANDS",
        "ISLE" | "ISLES" => "ISLE",
        "JCT" | "JCTION" | "JCTN" | "JUNCTION" | "JUNCTN" | "JUNCTON" => "JUNCTION",
        "JCTNS" | "JCTS" | "JUNCTIONS" => "JUNCTIONS",
        "KEYS" | "KYS" => "KEYS",
        "KNL" | "KNOL" | "KNOLL" => "KNOLL",
        "KNLS" | "KNOLLS" => "KNOLLS",
        "LAKE" | "LK" => "LAKE",
        "LAKES" | "LKS" => "LAKES",
        "LAND" => "LAND",
        "LANDING" | "LNDG" | "LNDNG" => "LANDING",
        "LGT" | "LIGHT" => "LIGHT",
        "LGTS" | "LIGHTS" => "LIGHTS",
        "LF" | "LOAF" => "LOAF",
        "LCK" | "LOCK" => "LOCK",
        "LCKS" | "LOCKS" => "LOCKS",
        "LDG" | "LDGE" | "LODG" | "LODGE" => "LODGE",
        "MANOR" | "MNR" => "MANOR",
        "MANORS" | "MNRS" => "MANORS",
        "MDW" | "MEADOW" => "MEADOW",
        "MDWS" | "MEADOWS" | "MEDOWS" => "MEADOWS",
        "MILL" | "ML" => "MILL",
        "MILLS" | "MLS" => "MILLS",
        "MISSION" | "MISSN" | "MSN" | "MSSN" => "MISSION",
        "MNT" | "MOUNT" | "MT" => "MOUNT",
        "MNTAIN" | "MNTN" | "MOUNTAIN" | "MOUNTIN" | "MTIN" | "MTN" => "MOUNTAIN",
        "MNTNS" | "MOUNTAINS" | "MTNS" => "MOUNTAINS",
        "NCK" | "NECK" => "NECK",
        "ORCH" | "ORCHARD" | "ORCHRD" => "ORCHARD",
        "OVAL" | "OVL" => "OVAL",
        "PARK" | "PARKS" | "PK" | "PRK" => "PARK",
        "PINE" | "PNE" => "PINE",
        "PINES" | "PNES" => "PINES",
        "PLAIN" | "PLN" => "PLAIN",
        "PLAINES" | "PLAINS" | "PLNS" => "PLAINS",
        "POINT" | "PT" => "POINT",
        "POINTS" | "PTS" => "POINTS",
        "PORT" | "PRT" => "PORT",
        "PORTS" | "PRTS" => "PORTS",
        "PRARIE" | "PRAIRIE" | "PRR" => "PRAIRIE",
        "RANCH" | "RANCHES" | "RNCH" | "RNCHS" => "RANCH",
        "RAPID" | "RPD" => "RAPID",
        "RAPIDS" | "RPDS" => "RAPIDS",
        "REST" | "RST" => "REST",
        "RDG" | "RDGE" | "RIDGE" => "RIDGE",
        "RDGS" | "RIDGES" => "RIDGES",
        "RIV" | "RIVER" | "RIVR" | "RVR" => "RIVER",
        "RUE" => "RUE",
        "SHL" | "SHOAL" => "SHOAL",
        "SHLS" | "SHOALS" => "SHOALS",
        "SHOAR" | "SHORE" | "SHR" => "SHORE",
        "SHOARS" | "SHORES" | "SHRS" => "SHORES",
        "SPG" | "SPNG" | "SPRING" | "SPRNG" => "SPRING",
        "SPGS" | "SPNGS" | "SPRINGS" | "SPRNGS" => "SPRINGS",
        "STA" | "STATION" | "STATN" | "STN" => "STATION",
        "STREAM" | "STREME" | "STRM" => "STREAM",
        "SMT" | "SUMIT" | "SUMITT" | "SUMMIT" => "SUMMIT",
        "UNIONS" | "UNS" => "UNIONS",
        "VALLEY" | "VALLY" | "VLLY" | "VLY" => "VALLEY",
        "VALLEYS" | "VLYS" => "VALLEYS",
        "VDCT" | "VIADCT" | "VIADUCT" => "VIADUCT",
        "VIEW" | "VW" => "VIEW",
        "VIEWS" | "VWS" => "VIEWS",
        "VILL" | "VILLAG" | "VILLAGE" | "VILLG" | "VILLIAGE" | "VLG" => "VILLAGE",
        "VILLAGES" | "VLGS" => "VILLAGES",
        "VILLE" | "VL" => "VILLE",
        "VIS" | "VIST" | "VISTA" | "VST" | "VSTA" => "VISTA",
        "WALL" => "WALL",
        "WELL" | "WL" => "WELL",
        "WELLS" | "WLS" => "WELLS",
        _ => return None,
    })
}

/// The abbreviation of a direction.
pub(super) fn direction(word: &str) -> Option<&'static str> {
    Some(match word {
        "N" | "NORTH" => "N",
        "S" | "SOUTH" => "S",
        "E" | "EAST" => "E",
        "W" | "WEST" => "W",
        "NE" | "NORTHEAST" | "NORTH-EAST" => "NE",
        "NW" | "NORTHWEST" | "NORTH-WEST" => "NW",
        "SE" | "SOUTHEAST" | "SOUTH-EAST" => "SE",
        "SW" | "SOUTHWEST" | "SOUTH-WEST" => "SW",
        _ => return None,
    })
}

/// True for the direction one travels on a freeway: nobody's premises lie there.
pub(super) fn is_bound(word: &str) -> bool {
    matches!(
        word,
        "NB" | "SB"
            | "EB"
            | "WB"
            | "N/B"
            | "S/B"
            | "E/B"
            | "W/B"
            | "NORTHBOUND"
            | "SOUTHBOUND"
            | "EASTBOUND"
            | "WESTBOUND"
    )
}

/// Words after which a suffix is part of the name: `CAMINO DE LA PLAZA`, `AVENUE OF THE PINES`.
pub(super) fn is_article(word: &str) -> bool {
    matches!(word, "DE" | "DEL" | "DES" | "DU" | "EL" | "LA" | "LAS" | "LE" | "LOS" | "OF" | "THE")
}

/// How firmly a word announces a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Designator {
    /// Always, and what follows is its number: `APT 4`.
    Sure,
    /// Only behind a complete street, before a number: `PIER 5`, but not `PIER AVE`.
    Numbered,
    /// Only behind a complete street, and it needs no number: `REAR`.
    Alone,
}

/// The USPS abbreviation of a unit designator.
pub(super) fn designator(word: &str) -> Option<(&'static str, Designator)> {
    use Designator::{Alone, Numbered, Sure};
    Some(match word {
        "#" => ("#", Sure),
        "APARTMENT" | "APT" => ("APT", Sure),
        "BLDG" => ("BLDG", Sure),
        "RM" => ("RM", Sure),
        "SPC" => ("SPC", Sure),
        "STE" | "SUITE" => ("STE", Sure),
        "TRLR" => ("TRLR", Sure),
        "UNIT" => ("UNIT", Sure),
        "BUILDING" => ("BLDG", Numbered),
        "DEPARTMENT" | "DEPT" => ("DEPT", Numbered),
        "FL" | "FLOOR" | "FLR" => ("FL", Numbered),
        "HANGAR" | "HANGER" | "HNGR" => ("HNGR", Numbered),
        "KEY" => ("KEY", Numbered),
        "LOT" | "LT" => ("LOT", Numbered),
        "NO" | "NUMBER" => ("#", Numbered),
        "PIER" => ("PIER", Numbered),
        "ROOM" => ("RM", Numbered),
        "SLIP" => ("SLIP", Numbered),
        "SP" | "SPACE" => ("SPC", Numbered),
        "STOP" => ("STOP", Numbered),
        "TRAILER" => ("TRLR", Numbered),
        "UN" => ("UNIT", Numbered),
        "BASEMENT" | "BSMT" => ("BSMT", Alone),
        "FRNT" | "FRONT" => ("FRNT", Alone),
        "LBBY" | "LOBBY" => ("LBBY", Alone),
        "LOWER" | "LOWR" => ("LOWR", Alone),
        "OFC" | "OFFICE" => ("OFC", Alone),
        "PENTHOUSE" | "PH" => ("PH", Alone),
        "REAR" => ("REAR", Alone),
        "UPPER" | "UPPR" => ("UPPR", Alone),
        _ => return None,
    })
}
