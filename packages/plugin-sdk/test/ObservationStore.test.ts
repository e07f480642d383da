import { ObservationStore } from "../src/runtime/ObservationStore.ts"
import { observationStoreSuite } from "./observationStoreSuite.ts"

observationStoreSuite("in memory", ObservationStore.layerMemory)
