import Inventory
import PolicyModel

/// Finds where the rules of known verdicts stand in another export of the same policies, without
/// judging: equal policies list their content in one order, so that places answer one another.
struct PlaceTransfer {
  private struct Place: Hashable {
    let file: String
    let line: Int?
    let pointer: String?
  }

  /// By device. A place that answers to several is left out.
  private var moved: [String: [Place: Place]] = [:]

  /// Nil where the exports do not hold the same policies any more, or were pruned.
  ///
  /// - Parameter devices: names of the devices on the way.
  init?(
    from old: PlaceSource, to new: PlaceSource, devices: [String], in inventory: InventoryDatabase
  ) throws {
    guard old.legs.count == new.legs.count, devices.count == new.legs.count else { return nil }
    for (device, (before, after)) in zip(devices, zip(old.legs, new.legs)) {
      guard before.files.count == after.files.count, let left = try inventory.places(of: before),
        let right = try inventory.places(of: after), left.policy == right.policy,
        left.places.count == right.places.count
      else { return nil }
      moved[device] = Self.transfer(
        Array(zip(left.places.map(\.position), right.places.map(\.position))), before.files,
        after.files)
    }
  }

  private static func transfer(
    _ positions: [(SourcePosition?, SourcePosition?)], _ old: [String], _ new: [String]
  ) -> [Place: Place] {
    func place(_ position: SourcePosition, _ files: [String]) -> Place {
      Place(
        file: files.indices.contains(position.file) ? files[position.file] : files.first ?? "",
        line: position.line, pointer: position.pointer)
    }
    var result: [Place: Place] = [:]
    var unclear: Set<Place> = []
    for (before, after) in positions {
      guard let before, let after else { continue }
      let from = place(before, old)
      let to = place(after, new)
      if result.updateValue(to, forKey: from) ?? to != to { unclear.insert(from) }
    }
    for place in unclear { result[place] = nil }
    // What has no position of its own is told by its file.
    for (before, after) in zip(old, new) {
      result[Place(file: before, line: nil, pointer: nil)] =
        Place(file: after, line: nil, pointer: nil)
    }
    return result
  }

  /// Nil where a place has no single answer.
  func verdicts(_ records: [VerdictRecord]) -> [VerdictRecord]? {
    var result = records
    for index in result.indices {
      let record = result[index]
      // A rule without a name is called by a number, which may be another one in each export.
      if record.rule?.hasPrefix("#") ?? false { return nil }
      guard let file = record.file, let device = record.device else { continue }
      guard
        let place = moved[device]?[Place(file: file, line: record.line, pointer: record.pointer)]
      else { return nil }
      result[index].file = place.file
      result[index].line = place.line
      result[index].pointer = place.pointer
    }
    return result
  }

  /// Nil where a place has no single answer.
  func findings(_ records: [FindingRecord]) -> [FindingRecord]? {
    var result = records
    for index in result.indices {
      let record = result[index]
      guard let file = record.file, !file.isEmpty else { continue }
      // A finding keeps no pointer: the line has to tell enough.
      let candidates = moved.filter { record.device == nil || $0.key == record.device }
        .flatMap { $0.value }
        .filter { $0.key.file == file && $0.key.line == record.line }.map(\.value)
      guard let first = candidates.first,
        candidates.allSatisfy({ $0.file == first.file && $0.line == first.line })
      else { return nil }
      result[index].file = first.file
      result[index].line = first.line
    }
    return result
  }
}

extension SiteSubject.Leg {
  var placeSource: PlaceSource.Leg {
    PlaceSource.Leg(export: hop.export, ordinal: scope.ordinal, files: hop.files)
  }
}

extension SiteState {
  /// What the places of a subject are told from now, where its way and scopes are the same as those
  /// of the exports that tell them so far; nil where they are not.
  func placeSource(of subject: SubjectRecord, like old: PlaceSource?) -> PlaceSource? {
    guard let old, old.legs.count == hops.count,
      hops.map(\.device.name).joined(separator: " > ") == subject.device
    else { return nil }
    var scopes: [String] = []
    for (leg, hop) in zip(old.legs, hops) {
      guard let policy = hop.policies.first(where: { $0.ordinal == leg.ordinal }) else {
        return nil
      }
      scopes.append(policy.scope)
    }
    guard scopes.joined(separator: " > ") == subject.scope else { return nil }
    return PlaceSource(
      legs: zip(old.legs, hops).map { leg, hop in
        PlaceSource.Leg(export: hop.export, ordinal: leg.ordinal, files: hop.files)
      })
  }
}

extension SiteSubject {
  var placeSource: PlaceSource { PlaceSource(legs: legs.map(\.placeSource)) }
}
