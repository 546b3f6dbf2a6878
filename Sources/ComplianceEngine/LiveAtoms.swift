import PolicyModel

/// Rules whose doubtful matches something hangs on, each once, in the order in which they came.
struct DoubtList: Sendable {
  private(set) var rules: [RuleKey] = []
  private var known: Set<RuleKey> = []

  init() {}

  init(_ rule: RuleKey) { insert(rule) }

  mutating func insert(_ rule: RuleKey) {
    if known.insert(rule).inserted { rules.append(rule) }
  }

  mutating func formUnion(_ other: DoubtList) {
    if rules.isEmpty {
      self = other
    } else {
      for rule in other.rules { insert(rule) }
    }
  }
}

/// Atoms on their way through the rules.
struct LiveAtoms {
  /// Atoms that are here where no doubtful match applies.
  private(set) var certain: AtomSet
  /// Atoms that are here only where some doubtful match applies; disjoint from ``certain``.
  private(set) var doubtful: AtomSet
  /// The rules whose doubtful matches brought them. Which of them concern one atom shows when they
  /// are told for it, so that one list serves all.
  private(set) var doubts: DoubtList

  init(certain: AtomSet, doubtful: AtomSet, doubts: DoubtList = DoubtList()) {
    self.certain = certain
    self.doubtful = doubtful.subtracting(certain)
    self.doubts = self.doubtful.isEmpty ? DoubtList() : doubts
  }

  var all: AtomSet { certain.union(doubtful) }
  var isEmpty: Bool { certain.isEmpty && doubtful.isEmpty }

  /// Those of the atoms that are in a set.
  func intersection(_ atoms: AtomSet) -> LiveAtoms {
    LiveAtoms(
      certain: certain.intersection(atoms), doubtful: doubtful.intersection(atoms), doubts: doubts)
  }

  /// The atoms with further doubts about all of them.
  func doubted(by more: DoubtList) -> LiveAtoms {
    var doubts = doubts
    doubts.formUnion(more)
    return LiveAtoms(certain: certain.subtracting(certain), doubtful: all, doubts: doubts)
  }

  /// Adds atoms that come by another way. What becomes of an atom does not hang on how it came, so
  /// one that is here for certain is not also carried as doubtful.
  mutating func formUnion(_ other: LiveAtoms) {
    certain.formUnion(other.certain)
    doubtful.formUnion(other.doubtful)
    doubtful.subtract(certain)
    if doubtful.isEmpty { doubts = DoubtList() } else { doubts.formUnion(other.doubts) }
  }

  mutating func subtract(_ other: LiveAtoms) {
    certain.subtract(other.certain)
    doubtful.subtract(other.doubtful)
    if doubtful.isEmpty { doubts = DoubtList() }
  }

  /// No atoms, in a space of the same size.
  var none: LiveAtoms {
    let nothing = certain.subtracting(certain)
    return LiveAtoms(certain: nothing, doubtful: nothing)
  }
}
