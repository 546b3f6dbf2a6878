import NetworkSets
import PolicyModel

/// Finds the exact outcomes of a flow where several doubts hang on one fact.
///
/// A walk takes all doubts to be independent, and so finds every outcome that may be and perhaps
/// some that may not: a deny and an allow for the same category never leave the default to decide,
/// and two halves of the address space leave nothing between them. So each fact on which more than
/// one doubt hangs is assumed both ways, one after the other, until none is left or nothing new can
/// come. That stops after ``stepLimit`` rules looked at; what is not looked at then counts as
/// possible, which is never wrong, only less definite.
final class JointDoubts {
  /// Rules looked at for the flows of one requirement.
  static let stepLimit = 200_000
  private(set) var stepsLeft = JointDoubts.stepLimit
  private let family: AddressFamily

  init(family: AddressFamily) { self.family = family }

  /// What devices in series come to for one atom; nil where that is what `mask` says.
  func outcomes(_ atom: Int, through hops: [HopOutcome], mask: Outcomes) -> Outcomes? {
    let start = Self.start(hops)
    let root = walk(atom, through: hops, start, keepsAddresses: true)
    stepsLeft -= root.steps
    guard let split = root.split else { return nil }
    var found = Outcomes()
    // The last is tried first: that no doubt holds, which is what happens most often, and then that
    // the doubts hold, which mostly ends the walk early.
    var waiting = branches(split, of: start)
    waiting.append(nothingHolds(root.addressSets, given: start))
    while let given = waiting.popLast() {
      guard stepsLeft > 0 else { return nil }
      let walked = walk(atom, through: hops, given)
      stepsLeft -= walked.steps
      if walked.outcomes.isSubset(of: found) { continue }
      if let split = walked.split {
        waiting += branches(split, of: given)
      } else {
        found.formUnion(walked.outcomes)
        if found == mask { return nil }
      }
    }
    return found
  }

  static func start(_ hops: [HopOutcome]) -> Assumptions {
    var given = Assumptions()
    for hop in hops { add(hop.evaluator.context, to: &given) }
    return given
  }

  static func start(_ context: HopContext) -> Assumptions {
    var given = Assumptions()
    add(context, to: &given)
    return given
  }

  private static func add(_ context: HopContext, to given: inout Assumptions) {
    let knowledge = context.knowledge
    if !knowledge.applications.isEmpty {
      given.applications[context.number] = Set(knowledge.applications.map(VendorWord.folded))
    }
    if !knowledge.categories.isEmpty {
      given.categories[context.number] = Set(knowledge.categories.map(VendorWord.folded))
    }
  }

  /// One way in which all facts with several doubts may turn out.
  struct Leaf {
    let given: Assumptions
    let outcomes: Outcomes
  }

  /// Every such way; nil where they are more than a few.
  func leaves(_ atom: Int, through hops: [HopOutcome]) -> [Leaf]? {
    var result: [Leaf] = []
    var waiting = [Self.start(hops)]
    while let given = waiting.popLast() {
      guard stepsLeft > 0, result.count + waiting.count < Self.leafLimit else { return nil }
      let walked = walk(atom, through: hops, given)
      stepsLeft -= walked.steps
      if let split = walked.split {
        waiting += branches(split, of: given).reversed()
      } else {
        result.append(Leaf(given: given, outcomes: walked.outcomes))
      }
    }
    return result
  }

  private static let leafLimit = 256

  struct Walked {
    var outcomes: Outcomes = .allow
    var split: Split?
    var steps = 0
    var addressSets: [AddressSet] = []
  }

  func walk(
    _ atom: Int, through hops: [HopOutcome], _ given: Assumptions, keepsAddresses: Bool = false
  ) -> Walked {
    var result = Walked()
    var counts: [Fact: Int] = [:]
    for hop in hops {
      var walk = AtomWalk(hop, atom: atom, given: given, counts: counts)
      result.outcomes = HopOutcome.both(result.outcomes, walk.run())
      counts = walk.counts
      result.split = result.split ?? walk.sharedSplit
      result.steps += walk.steps + 1
      for view in walk.views.values where keepsAddresses {
        for doubt in view.rows.flatMap(\.doubts) {
          if case .address(let set) = doubt.split { result.addressSets.append(set) }
        }
      }
    }
    return result
  }

  func branches(_ split: Split, of given: Assumptions) -> [Assumptions] {
    split.branches(of: given).filter { branch in
      !branch.addresses.isEmpty(in: family) && branch.sourcePorts.values.allSatisfy { !$0.isEmpty }
        && branch.applications.values.allSatisfy { !$0.isEmpty }
        && branch.categories.values.allSatisfy { !$0.isEmpty }
    }
  }

  /// The assumption that no doubt holds, and that the host is in none of the lists.
  private func nothingHolds(_ sets: [AddressSet], given: Assumptions) -> Assumptions {
    var given = given
    given.nothingElse = true
    let all = AddressSet(
      v4: IntervalSet(sets.flatMap(\.v4.intervals)), v6: IntervalSet(sets.flatMap(\.v6.intervals)))
    let outside = given.addresses.subtracting(all)
    if !outside.isEmpty(in: family) { given.addresses = outside }
    return given
  }
}

extension JointDoubts.Leaf {
  /// The one fact about which two ways differ; nil where they differ about several.
  func onlyDifference(from other: JointDoubts.Leaf, family: AddressFamily) -> Fact? {
    var result: Fact?
    func note(_ fact: Fact) -> Bool {
      guard result == nil else { return false }
      result = fact
      return true
    }
    if given.addresses.isDisjoint(with: other.given.addresses, in: family), !note(.address) {
      return nil
    }
    for (hop, ports) in given.sourcePorts {
      if ports.isDisjoint(with: other.given.sourcePorts(hop)), !note(.sourcePort(hop: hop)) {
        return nil
      }
    }
    for (hop, names) in given.applications {
      if names.isDisjoint(with: other.given.applications[hop] ?? names),
        !note(.application(hop: hop))
      {
        return nil
      }
    }
    for (hop, names) in given.categories {
      if names.isDisjoint(with: other.given.categories[hop] ?? names),
        !note(.categoryChoice(hop: hop))
      {
        return nil
      }
    }
    for (fact, value) in given.facts {
      if let second = other.given.facts[fact], second != value, !note(fact) { return nil }
    }
    return result
  }
}
