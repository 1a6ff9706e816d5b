//! Which fields can be told of a day in the past. What is not listed here is only known as it is now, and is refused.

/// Types with their fields; behind `>` stands the type below a field, where it has fields of its own.
const TOLD: &[(&str, &str)] = &[
    (
        "Case",
        "id number version title description kinds stage saraPhase priority source district>District \
         property>Property assignee>StaffMember openedAt updatedAt closedAt outcome duplicateOf>Case nextActionOn \
         daysInStage isStale previousCase>Case violations>Violation inspections>InspectionConnection notices>Notice \
         deadlines>Deadline tenantImpact>TenantImpact evidence>EvidenceConnection legalActions>LegalAction \
         costs>CostLedger litigationHolds>LitigationHold referrals>Referral events>CaseEventConnection recentNotes>CaseEvent",
    ),
    ("Balance", "assessed collected waived outstanding"),
    (
        "CaseEvent",
        "id kind occurredAt recordedAt actor>StaffMember summary body privileged changes>FieldChange",
    ),
    ("CaseEventConnection", "edges>CaseEventEdge nodes>CaseEvent pageInfo>PageInfo totalCount"),
    ("CaseEventEdge", "node>CaseEvent cursor"),
    (
        "CitationAppeal",
        "id notice>Notice filedOn filedBy>Party grounds hearingAt hearingPlace outcome decidedOn reason reducedTo",
    ),
    ("CitationFine", "computed assessed reason remaining reducible lines>CitationFineLine entries>CostEntry"),
    (
        "CitationFineLine",
        "codeSection ladderKey citation lookBackMonths offenseNumber amount steps mayBeReduced confirmWithCounsel",
    ),
    (
        "CostEntry",
        "id kind amount minutes hourlyRate occurredOn recordedAt recordedBy>StaffMember description source receipt \
         case>Case property>Property legalAction>LegalAction reverses>CostEntry reversedBy>CostEntry billedBy>Notice",
    ),
    ("CostEntryConnection", "edges>CostEntryEdge nodes>CostEntry pageInfo>PageInfo totalCount"),
    ("CostEntryEdge", "node>CostEntry cursor"),
    // Not `trebleCosts`, which rests on judgments in other cases.
    ("CostLedger", "balance>Balance byKind>CostTotal unbilled entries>CostEntryConnection"),
    ("CostTotal", "kind amount"),
    (
        "CourtOrder",
        "id legalAction>LegalAction kind issuedOn complyBy expiresOn terms amount violations>OrderViolation \
         recordedBy>StaffMember recordedAt",
    ),
    ("CustodyEntry", "action at by>StaffMember sha256 reason"),
    (
        "Deadline",
        "id kind case>Case legalAction>LegalAction label dueOn completedOn metBy isOverdue responsible>StaffMember \
         computation>DeadlineComputation extensions>DeadlineExtension",
    ),
    (
        "DeadlineComputation",
        "ruleKey citation trigger triggerOn days basis direction serviceExtensionDays dueOn steps confirmWithCounsel",
    ),
    ("DeadlineExtension", "from to reason by>StaffMember recordedAt"),
    ("District", "id number name"),
    (
        "Evidence",
        "id fileName contentType bytes sha256 capturedAt addedAt addedBy>StaffMember caption privileged url \
         custody>CustodyEntry withdrawal>CustodyEntry",
    ),
    ("EvidenceConnection", "edges>EvidenceEdge nodes>Evidence pageInfo>PageInfo totalCount"),
    ("EvidenceEdge", "node>Evidence cursor"),
    ("FieldChange", "field before after"),
    (
        "Hearing",
        "id version legalAction>LegalAction startsAt court department purpose status outcome continuedTo>Hearing \
         continuedFrom>Hearing",
    ),
    (
        "Inspection",
        "id scheduledFor performedAt inspector>StaffMember result notes verifiesCompliance violations>Violation \
         evidence>Evidence",
    ),
    ("InspectionConnection", "edges>InspectionEdge nodes>Inspection pageInfo>PageInfo totalCount"),
    ("InspectionEdge", "node>Inspection cursor"),
    (
        "LegalAction",
        "id version case>Case kind remedy>Remedy status statusSince isFinal court courtCaseNumber \
         responsibleAttorney>StaffMember filedOn nextOn nextHearing>Hearing hearings>Hearing defendants>Party \
         orders>CourtOrder titleRecordings>TitleRecording deadlines>Deadline history>LegalActionStatusChange",
    ),
    ("LegalActionStatusChange", "from to on recordedAt by>StaffMember reason"),
    (
        "Letter",
        "id kind property>Property case>Case notice>Notice recipient>Party method sentOn sentBy>StaffMember sentAt \
         sha256 url evidence>Evidence",
    ),
    // Not `letterUrl`, where a draft is written from what is recorded now.
    (
        "LitigationHold",
        "inForce reason placedBy>StaffMember placedAt releasedBy>StaffMember releasedAt releaseReason",
    ),
    (
        "Notice",
        "id kind legalAction>LegalAction servedOn method recipient>Party services>NoticeService complyBy \
         reinspectionDueOn fine>CitationFine appeal>CitationAppeal amount violations>Violation letter>Letter \
         servedBy>StaffMember",
    ),
    ("NoticeService", "recipient>Party method servedOn proof"),
    ("OrderViolation", "id violatedOn description recordedBy>StaffMember recordedAt"),
    ("PageInfo", "hasNextPage hasPreviousPage startCursor endCursor"),
    ("Party", "id kind name mailingAddress"),
    // Refused altogether where the place was edited later.
    (
        "Property",
        "id version apn address latitude longitude district>District districtOverrideReason useType \
         residentialOccupancy unitCount",
    ),
    (
        "Referral",
        "id kind status case>Case madeBy>StaffMember madeAt toStaff>StaffMember toDepartment reason answerBy \
         answeredBy>StaffMember answeredAt answer",
    ),
    ("Remedy", "key kind name statute"),
    ("StaffMember", "id name email role"),
    ("TenantImpact", "id occupied households relocationPlan asOf recordedBy>StaffMember recordedAt"),
    ("TitleRecording", "id legalAction>LegalAction kind instrument recordedOn releasedOn releaseInstrument"),
    ("Violation", "id codeSection description foundOn complyBy correctedOn immediateDanger offenseNumber"),
];

/// The type below a field that can be told of the past: empty for a plain value, none for a field that cannot be told.
pub fn kind_of(kind: &str, field: &str) -> Option<&'static str> {
    let (_, fields) = TOLD.iter().find(|(told, _)| *told == kind)?;
    fields.split_whitespace().find_map(|told| {
        let (name, below) = told.split_once('>').unwrap_or((told, ""));
        (name == field).then_some(below)
    })
}
