// What every importer needs comes with this module, so that an importer depends on it alone.
@_exported import JSONTree
@_exported import NetworkSets
@_exported import PolicyModel
@_exported import ScalarText
@_exported import XMLTree
