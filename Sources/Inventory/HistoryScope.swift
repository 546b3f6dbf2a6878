import PolicyCoding

/// A policy of a snapshot, as the history of rules and objects needs it.
struct HistoryScope {
  let name: String
  let stored: PolicyStore.Stored
  /// Names of the tables, in the order of the stored rules.
  let tables: [String]
  /// Names of rules by content; empty where they have to be looked up.
  private(set) var names: [Int64: String] = [:]
  /// Keys of the endpoint objects, then of the service objects; nil where they have to be looked
  /// up.
  private(set) var objectKeys: [String]?
  /// The index of the first rule's place: the rules stand last.
  let firstRulePlace: Int
  private let places: [PolicyPieces.Place]
  private let numbers: [Int64?]

  init(
    name: String, stored: PolicyStore.Stored, tables: [String], places: [PolicyPieces.Place],
    numbers: [Int64?]
  ) {
    self.name = name
    self.stored = stored
    self.tables = tables
    self.places = places
    self.numbers = numbers
    firstRulePlace = max(places.count - stored.rules.reduce(0) { $0 + $1.count }, 0)
  }

  /// A policy that was just stored, whose names need not be read back.
  init(_ prepared: PreparedPolicy, stored: PolicyStore.Stored, numbers: [Int64?]) {
    let policy = prepared.policy
    self.init(
      name: policy.scope, stored: stored, tables: policy.tables.map(\.name),
      places: prepared.pieces.places, numbers: numbers)
    names.reserveCapacity(policy.ruleCount)
    for (table, contents) in zip(policy.tables, stored.rules) {
      for (rule, content) in zip(table.rules, contents) { names[content] = rule.name }
    }
    objectKeys =
      policy.endpointObjects.map(\.id)
      + policy.serviceObjects.map { HistoryRows.servicePrefix + $0.id }
  }

  func vendorID(_ place: Int) -> String? {
    places.indices.contains(place) ? places[place].vendorID : nil
  }

  func current(_ place: Int, ordinal: Int) -> CurrentPlace {
    let position = places.indices.contains(place) ? places[place].position : nil
    return CurrentPlace(
      ordinal: ordinal, file: position?.file ?? 0, line: position?.line ?? 0,
      pointer: position?.pointer,
      vendorNumber: numbers.indices.contains(place) ? numbers[place] : nil)
  }
}
