export {variantsOnArrays as variantsOf} from '../engines/array_variants';
