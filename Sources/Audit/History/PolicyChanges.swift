import JSONTree
import PolicyCoding
import PolicyModel

/// What changed from one state of a policy to the next, change by change, so that any choice of
/// the changes can be applied alone.
struct PolicyChanges {
  enum Kind: String {
    case ruleAdded = "rule-added"
    case ruleRemoved = "rule-removed"
    case ruleEdited = "rule-edited"
    case ruleMoved = "rule-moved"
    case objectEdited = "object-edited"
    /// Zones, defaults, profiles: everything but rules and objects.
    case settings
  }

  /// Where something stood on one side.
  struct Place: Hashable {
    let file: String
    let position: SourcePosition?
    /// Counted from 1; nil for what has no order.
    let ordinal: Int?
  }

  struct Change {
    let kind: Kind
    /// Name of the table; empty for objects and settings.
    let table: String
    let name: String
    let before: Place?
    let after: Place?
    /// Differences in words.
    let details: [String]
    /// Objects that went, where this change is nothing but their references coming to nothing.
    var lostObjects: [LostObject] = []
    /// What the change does to the hybrid: numbers of entries on either side.
    fileprivate let old: Int?
    fileprivate let new: Int?
    fileprivate let tableNumber: Int?
  }

  /// An object that is no longer there although something still refers to it.
  struct LostObject: Hashable {
    let name: String
    let before: Place
  }

  private(set) var changes: [Change]
  private let oldPolicy: Policy
  private let newPolicy: Policy
  /// Objects of both sides under common numbers.
  private let objects: ObjectUnion
  private let diffs: [Int: SequenceDiff]
  /// Whether both sides have the same tables, so that rules can be mixed.
  private let sameTables: Bool

  init(
    old: PolicyPieces, oldFiles: [String], new: PolicyPieces, newFiles: [String]
  ) throws {
    objects = try ObjectUnion(old, new)
    oldPolicy = try objects.policy(old, files: oldFiles)
    newPolicy = try objects.policy(new, files: newFiles)
    sameTables = oldPolicy.tables.map(\.name) == newPolicy.tables.map(\.name)
    var interner = Interner()
    var diffs: [Int: SequenceDiff] = [:]
    var changes: [Change] = []
    if old.header != new.header || !sameTables {
      changes.append(
        Change(
          kind: .settings, table: "", name: "settings", before: nil, after: nil,
          details: ContentDiff.differences(old.header, new.header), old: nil, new: nil,
          tableNumber: nil))
    }
    changes += Self.objectChanges(objects, oldPolicy, newPolicy)
    if sameTables {
      for number in oldPolicy.tables.indices where old.rules[number] != new.rules[number] {
        let left = oldPolicy.tables[number]
        let right = newPolicy.tables[number]
        let diff = try SequenceDiff(
          old: zip(old.rules[number], left.rules).map { interner.entry($0, $1) },
          new: zip(new.rules[number], right.rules).map { interner.entry($0, $1) }
        ) { interner.name(of: $0) }
        diffs[number] = diff
        changes += Self.ruleChanges(
          diff, left, right, number, (old.rules[number], oldFiles), (new.rules[number], newFiles))
      }
    }
    self.diffs = diffs
    self.changes = changes
    noteLostObjects(old, new)
  }

  /// An importer turns a reference to nothing into a condition, so that deleting an object that is
  /// still in use shows as an edit of its users; here the users are told apart from edits proper.
  private mutating func noteLostObjects(_ old: PolicyPieces, _ new: PolicyPieces) {
    let lost = objects.removed(oldPolicy)
    guard !lost.isEmpty else { return }
    for index in changes.indices {
      let change = changes[index]
      guard change.kind == .ruleEdited || change.kind == .objectEdited else { continue }
      let bodies: (old: [UInt8], new: [UInt8])
      if let table = change.tableNumber, let before = change.old, let after = change.new {
        bodies = (old.rules[table][before], new.rules[table][after])
      } else if let number = change.old {
        guard
          let edit = objects.edits.first(where: {
            $0.number == number && $0.isService == (change.new == 1)
          })
        else { continue }
        bodies = (edit.old, edit.new)
      } else {
        continue
      }
      let before = String(decoding: bodies.old, as: UTF8.self)
      let after = String(decoding: bodies.new, as: UTF8.self)
      for (id, name, position) in lost
      where before.contains("\"\(id)\"") && after.contains("\"unresolved\"")
        && after.contains(name)
      {
        changes[index].lostObjects.append(
          LostObject(name: name, before: Self.place(position, nil, oldPolicy.files)))
      }
    }
  }

  /// Objects that came and went. By themselves they change nothing: what uses them does.
  var objectsAddedAndRemoved: [(name: String, isAdded: Bool, place: Place)] {
    objects.removed(oldPolicy).map {
      ($0.name, false, Self.place($0.position, nil, oldPolicy.files))
    }
      + objects.added(newPolicy).map {
        ($0.name, true, Self.place($0.position, nil, newPolicy.files))
      }
  }

  // MARK: Finding changes

  private static func place(_ position: SourcePosition?, _ ordinal: Int?, _ files: [String])
    -> Place
  {
    let number = position?.file ?? 0
    return Place(
      file: files.indices.contains(number) ? files[number] : files.first ?? "", position: position,
      ordinal: ordinal)
  }

  private static func ruleChanges(
    _ diff: SequenceDiff, _ left: Table, _ right: Table, _ table: Int,
    _ old: (bodies: [[UInt8]], files: [String]), _ new: (bodies: [[UInt8]], files: [String])
  ) -> [Change] {
    func before(_ index: Int) -> Place { place(left.rules[index].position, index + 1, old.files) }
    func after(_ index: Int) -> Place { place(right.rules[index].position, index + 1, new.files) }
    func name(_ rule: Rule) -> String {
      rule.name.isEmpty ? rule.vendorID.map { "#\($0)" } ?? rule.comment : rule.name
    }
    var result: [Change] = []
    for index in diff.removed {
      result.append(
        Change(
          kind: .ruleRemoved, table: left.name, name: name(left.rules[index]),
          before: before(index), after: nil, details: [], old: index, new: nil, tableNumber: table))
    }
    for index in diff.added {
      result.append(
        Change(
          kind: .ruleAdded, table: right.name, name: name(right.rules[index]), before: nil,
          after: after(index), details: [], old: nil, new: index, tableNumber: table))
    }
    for pair in diff.pairs {
      if pair.isEdited {
        result.append(
          Change(
            kind: .ruleEdited, table: right.name, name: name(right.rules[pair.new]),
            before: before(pair.old), after: after(pair.new),
            details: ContentDiff.differences(old.bodies[pair.old], new.bodies[pair.new]),
            old: pair.old, new: pair.new, tableNumber: table))
      }
      if pair.hasMoved {
        result.append(
          Change(
            kind: .ruleMoved, table: right.name, name: name(right.rules[pair.new]),
            before: before(pair.old), after: after(pair.new),
            details: ["place: \(pair.old + 1) → \(pair.new + 1)"], old: pair.old, new: pair.new,
            tableNumber: table))
      }
    }
    return result
  }

  private static func objectChanges(
    _ objects: ObjectUnion, _ old: Policy, _ new: Policy
  ) -> [Change] {
    func change(
      _ number: Int, _ edit: ObjectUnion.Edit, _ name: String, _ before: SourcePosition?,
      _ after: SourcePosition?
    ) -> Change {
      Change(
        kind: .objectEdited, table: "", name: name, before: place(before, nil, old.files),
        after: place(after, nil, new.files),
        details: ContentDiff.differences(edit.old, edit.new), old: number,
        new: edit.isService ? 1 : 0,
        tableNumber: nil)
    }
    return objects.edits.map { edit in
      edit.isService
        ? change(
          edit.number, edit, old.serviceObjects[edit.number].name,
          old.serviceObjects[edit.number].position, new.serviceObjects[edit.number].position)
        : change(
          edit.number, edit, old.endpointObjects[edit.number].name,
          old.endpointObjects[edit.number].position, new.endpointObjects[edit.number].position)
    }
  }

  // MARK: Applying

  /// The old policy with some of the changes made.
  ///
  /// - Parameter oldFirst: whether rules that have not gone yet stand ahead of those that came to the
  ///   same gap; no export tells their order.
  func policy(applying chosen: Set<Int>, oldFirst: Bool = false) -> Policy {
    let settings = changes.firstIndex { $0.kind == .settings }
    let takesSettings = settings.map(chosen.contains) ?? false
    var result = takesSettings ? newPolicy : oldPolicy
    result.endpointObjects = oldPolicy.endpointObjects
    result.serviceObjects = oldPolicy.serviceObjects
    for (index, change) in changes.enumerated()
    where change.kind == .objectEdited && chosen.contains(index) {
      guard let number = change.old else { continue }
      if change.new == 1 {
        result.serviceObjects[number] = newPolicy.serviceObjects[number]
      } else {
        result.endpointObjects[number] = newPolicy.endpointObjects[number]
      }
    }
    guard sameTables else { return result }
    for number in result.tables.indices {
      result.tables[number].rules = rules(of: number, applying: chosen, oldFirst: oldFirst)
    }
    return result
  }

  private func rules(of table: Int, applying chosen: Set<Int>, oldFirst: Bool) -> [Rule] {
    let old = oldPolicy.tables[table].rules
    let new = newPolicy.tables[table].rules
    guard let diff = diffs[table] else { return old }
    var removed: Set<Int> = []
    var added: Set<Int> = []
    var edited: Set<Int> = []
    var moved: Set<Int> = []
    for (index, change) in changes.enumerated()
    where change.tableNumber == table && chosen.contains(index) {
      switch change.kind {
      case .ruleRemoved: if let old = change.old { removed.insert(old) }
      case .ruleAdded: if let new = change.new { added.insert(new) }
      case .ruleEdited: if let new = change.new { edited.insert(new) }
      case .ruleMoved: if let new = change.new { moved.insert(new) }
      case .objectEdited, .settings: break
      }
    }
    // Rules that kept their order are the backbone; in the gaps between them stand those that came
    // or moved there, and those that have not gone yet.
    let pairOfNew = Dictionary(uniqueKeysWithValues: diff.pairs.map { ($0.new, $0) })
    let pairOfOld = Dictionary(uniqueKeysWithValues: diff.pairs.map { ($0.old, $0) })
    func rule(_ pair: SequenceDiff.Pair) -> Rule {
      edited.contains(pair.new) ? new[pair.new] : old[pair.old]
    }
    var result: [Rule] = []
    var oldIndex = 0
    var newIndex = 0
    func takeNewSide() {
      while newIndex < new.count {
        if let pair = pairOfNew[newIndex] {
          guard pair.hasMoved else { return }
          if moved.contains(newIndex) { result.append(rule(pair)) }
        } else if added.contains(newIndex) {
          result.append(new[newIndex])
        }
        newIndex += 1
      }
    }
    func takeOldSide() {
      while oldIndex < old.count {
        if let pair = pairOfOld[oldIndex] {
          guard pair.hasMoved else { return }
          if !moved.contains(pair.new) { result.append(rule(pair)) }
        } else if !removed.contains(oldIndex) {
          result.append(old[oldIndex])
        }
        oldIndex += 1
      }
    }
    while true {
      if oldFirst { takeOldSide() }
      takeNewSide()
      if !oldFirst { takeOldSide() }
      guard oldIndex < old.count, let pair = pairOfOld[oldIndex] else { return result }
      result.append(rule(pair))
      oldIndex += 1
      newIndex += 1
    }
  }
}

/// Gives equal bodies equal numbers.
private struct Interner {
  private var numbers: [[UInt8]: Int64] = [:]
  private var names: [String] = []

  mutating func entry(_ body: [UInt8], _ rule: Rule) -> SequenceDiff.Entry {
    let number = numbers[body] ?? Int64(names.count)
    if number == names.count {
      numbers[body] = number
      names.append(rule.name)
    }
    return SequenceDiff.Entry(content: number, identity: rule.vendorID)
  }

  func name(of content: Int64) -> String { names[Int(content)] }
}

/// The objects of two states under common numbers, so that rules of both can stand in one policy.
private struct ObjectUnion {
  struct Edit {
    let number: Int
    let isService: Bool
    let old: [UInt8]
    let new: [UInt8]
  }

  private var endpointIDs: [String] = []
  private var serviceIDs: [String] = []
  private(set) var edits: [Edit] = []
  private var endpoints: [String: (old: [UInt8]?, new: [UInt8]?)] = [:]
  private var services: [String: (old: [UInt8]?, new: [UInt8]?)] = [:]

  init(_ old: PolicyPieces, _ new: PolicyPieces) throws {
    try Self.collect(old.endpointObjects, &endpointIDs, &endpoints, isNew: false)
    try Self.collect(new.endpointObjects, &endpointIDs, &endpoints, isNew: true)
    try Self.collect(old.serviceObjects, &serviceIDs, &services, isNew: false)
    try Self.collect(new.serviceObjects, &serviceIDs, &services, isNew: true)
    for (number, id) in endpointIDs.enumerated() {
      if let sides = endpoints[id], let before = sides.old, let after = sides.new, before != after {
        edits.append(Edit(number: number, isService: false, old: before, new: after))
      }
    }
    for (number, id) in serviceIDs.enumerated() {
      if let sides = services[id], let before = sides.old, let after = sides.new, before != after {
        edits.append(Edit(number: number, isService: true, old: before, new: after))
      }
    }
  }

  private static func collect(
    _ bodies: [[UInt8]], _ ids: inout [String],
    _ sides: inout [String: (old: [UInt8]?, new: [UInt8]?)], isNew: Bool
  ) throws {
    for body in bodies {
      let id = try JSONTree(body).root["id"]?.string ?? ""
      if sides[id] == nil { ids.append(id) }
      if isNew {
        sides[id, default: (nil, nil)].new = body
      } else {
        sides[id, default: (nil, nil)].old = body
      }
    }
  }

  /// Objects of the old side that the new one has not.
  func removed(_ old: Policy) -> [(id: String, name: String, position: SourcePosition?)] {
    only(in: old) { $0.new == nil }
  }

  /// Objects of the new side that the old one had not.
  func added(_ new: Policy) -> [(id: String, name: String, position: SourcePosition?)] {
    only(in: new) { $0.old == nil }
  }

  private func only(
    in policy: Policy, where isMeant: ((old: [UInt8]?, new: [UInt8]?)) -> Bool
  ) -> [(id: String, name: String, position: SourcePosition?)] {
    let endpointObjects = endpointIDs.enumerated().filter {
      endpoints[$0.element].map(isMeant) ?? false
    }
    .map {
      (
        $0.element, policy.endpointObjects[$0.offset].name,
        policy.endpointObjects[$0.offset].position
      )
    }
    let serviceObjects = serviceIDs.enumerated().filter {
      services[$0.element].map(isMeant) ?? false
    }
    .map {
      ($0.element, policy.serviceObjects[$0.offset].name, policy.serviceObjects[$0.offset].position)
    }
    return endpointObjects + serviceObjects
  }

  /// A side with all objects of both: those that it lacks are taken from the other, where only
  /// rules of the other can refer to them.
  func policy(_ side: PolicyPieces, files: [String]) throws -> Policy {
    var pieces = side
    let own = Set(side.endpointObjects).union(side.serviceObjects)
    func body(_ sides: (old: [UInt8]?, new: [UInt8]?)?) -> [UInt8] {
      for candidate in [sides?.old, sides?.new] {
        if let candidate, own.contains(candidate) { return candidate }
      }
      return sides?.old ?? sides?.new ?? []
    }
    let header =
      side.places.count - side.endpointObjects.count - side.serviceObjects.count
      - side.rules.reduce(0) { $0 + $1.count }
    guard header >= 0 else { return try side.policy(files: files) }
    // Places stand in the order of content, so they are laid out anew with the objects.
    var placeOf: [[UInt8]: PolicyPieces.Place] = [:]
    for (index, body) in (side.endpointObjects + side.serviceObjects).enumerated() {
      placeOf[body] = side.places[header + index]
    }
    let objectCount = side.endpointObjects.count + side.serviceObjects.count
    pieces.endpointObjects = endpointIDs.map { body(endpoints[$0]) }
    pieces.serviceObjects = serviceIDs.map { body(services[$0]) }
    pieces.places =
      Array(side.places[..<header])
      + (pieces.endpointObjects + pieces.serviceObjects).map {
        placeOf[$0] ?? PolicyPieces.Place(position: nil)
      } + side.places[(header + objectCount)...]
    return try pieces.policy(files: files)
  }
}
